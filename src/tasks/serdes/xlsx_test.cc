// SPDX-License-Identifier: Apache-2.0
#include "tasks/serdes/xlsx.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "format/json.h"
#include "io/zip_bytes.h"
#include "tasks/serdes/xml.h"

namespace outlay::tasks {
namespace {

using testing::HasSubstr;
using Kind = XlsxCell::Kind;

TEST(xlsx, what_is_written_is_read_again) {
  const std::vector<XlsxSheet> sheets = {
      {"Costs & more",
       {{{Kind::text, "service"}, {Kind::text, "cost"}},
        {{Kind::text, " <EC2> "}, {Kind::number, "1.50"}, {}, {Kind::boolean, "true"}},
        {{Kind::date, "2024-05-01"}, {Kind::date, "2024-05-01T12:00:00Z"}}}},
      {"costs & MORE", {}}};
  const auto bytes = write_xlsx(sheets, true);
  ASSERT_TRUE(bytes) << bytes.error().text();
  const auto read = read_xlsx(*bytes);
  ASSERT_TRUE(read) << read.error().text();
  ASSERT_EQ(read->size(), 2U);
  EXPECT_EQ((*read)[0].name, "Costs & more");
  EXPECT_EQ((*read)[1].name, "costs & MORE 2");
  const auto& rows = (*read)[0].rows;
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[1][0].text, " <EC2> ");
  EXPECT_EQ(rows[1][1].kind, Kind::number);
  EXPECT_EQ(rows[1][1].text, "1.50");
  EXPECT_EQ(rows[1][2].kind, Kind::blank);
  EXPECT_EQ(rows[1][3].text, "true");
  EXPECT_EQ(rows[2][0].kind, Kind::date);
  EXPECT_EQ(xlsx_date(rows[2][0].text).value(), "2024-05-01");
  EXPECT_EQ(xlsx_date(rows[2][1].text).value(), "2024-05-01T12:00:00");
}

/// A workbook as Excel lays it out: shared texts, rich text, gaps, a formula, custom date formats.
std::string excel_file(std::string_view sheet, std::string_view properties = "") {
  const std::string head = "<?xml version=\"1.0\"?>";
  return io::zip(
             {{"xl/workbook.xml",
               head + "<workbook>" + std::string(properties) +
                   "<sheets><sheet name=\"Q1\" sheetId=\"1\" r:id=\"rId9\"/></sheets></workbook>"},
              {"xl/_rels/workbook.xml.rels",
               head + "<Relationships><Relationship Id=\"rId9\" Target=\"worksheets/a.xml\"/>"
                      "</Relationships>"},
              {"xl/sharedStrings.xml",
               head + "<sst><si><t>plain</t></si><si><r><t>rich </t></r><r><t>text</t></r>"
                      "<rPh><t>sound</t></rPh></si></sst>"},
              {"xl/styles.xml",
               head + "<styleSheet><numFmts><numFmt numFmtId=\"170\" formatCode=\"dd/mm\"/>"
                      "<numFmt numFmtId=\"171\" formatCode=\"[Red]0.00&quot;d&quot;\"/></numFmts>"
                      "<cellStyleXfs><xf numFmtId=\"14\"/></cellStyleXfs><cellXfs>"
                      "<xf numFmtId=\"0\"/><xf numFmtId=\"170\"/><xf numFmtId=\"171\"/></cellXfs>"
                      "</styleSheet>"},
              {"xl/worksheets/a.xml", head + std::string(sheet)}})
      .value();
}

TEST(xlsx, shared_texts_gaps_formulas_and_date_formats_are_understood) {
  const auto read = read_xlsx(excel_file(
      "<worksheet><sheetData><row r=\"2\"><c r=\"B2\" t=\"s\"><v>1</v></c><c r=\"D2\" s=\"1\">"
      "<v>45413</v></c><c r=\"E2\" s=\"2\"><f>SUM(1,2)</f><v>3</v></c><c r=\"AA2\" t=\"e\">"
      "<v>#N/A</v></c></row></sheetData></worksheet>"));
  ASSERT_TRUE(read) << read.error().text();
  const auto& rows = (*read)[0].rows;
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_TRUE(rows[0].empty());
  ASSERT_EQ(rows[1].size(), 27U);
  EXPECT_EQ(rows[1][1].text, "rich text");
  EXPECT_EQ(rows[1][2].kind, Kind::blank);
  EXPECT_EQ(rows[1][3].kind, Kind::date);
  EXPECT_EQ(xlsx_date(rows[1][3].text).value(), "2024-05-01");
  EXPECT_EQ(rows[1][4].kind, Kind::number);
  EXPECT_EQ(rows[1][4].text, "3");
  EXPECT_EQ(rows[1][26].text, "#N/A");
}

TEST(xlsx, a_workbook_that_counts_from_1904_gives_the_same_days) {
  const auto read = read_xlsx(excel_file(
      "<worksheet><sheetData><row><c s=\"1\"><v>43951</v></c></row></sheetData></worksheet>",
      "<workbookPr date1904=\"1\"/>"));
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(xlsx_date((*read)[0].rows[0][0].text).value(), "2024-05-01");
}

TEST(xlsx, what_is_no_workbook_is_told) {
  EXPECT_THAT(read_xlsx("a,b\n1,2\n").error().message, HasSubstr(".xlsx"));
  EXPECT_THAT(
      read_xlsx(io::zip({{"a.txt", "x"}}).value()).error().message, HasSubstr("xl/workbook.xml"));
  EXPECT_THAT(
      read_xlsx(excel_file("<worksheet><row r=\"9999999999\"/></worksheet>")).error().message,
      HasSubstr("out of place"));
}

std::string json_of_xml(std::string_view xml, const std::vector<std::string>& forced = {}) {
  const auto value = xml_value(xml, forced);
  return value ? format::print_json(*value) : value.error().message;
}

TEST(xml, elements_are_members_and_repeated_ones_lists) {
  EXPECT_EQ(
      json_of_xml(
          "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY x \"y\">]><a k='1'><!-- no --><b>x &amp; "
          "&#233;</b><b><![CDATA[<raw>]]></b><c id=\"7\">t</c><d/></a>"),
      R"({"a":{"k":1,"b":["x & é","<raw>"],"c":{"id":7,"content":"t"},"d":""}})");
  EXPECT_EQ(json_of_xml("<a><b>007</b><c>true</c></a>", {"b"}), R"({"a":{"b":["007"],"c":true}})");
}

TEST(xml, broken_documents_name_their_line) {
  EXPECT_THAT(json_of_xml("<a>\n<b></a>"), HasSubstr("line 2: </a> ends what was not begun"));
  EXPECT_THAT(json_of_xml("<a>"), HasSubstr("<a> has no end"));
  EXPECT_THAT(json_of_xml("<a b=c></a>"), HasSubstr("not in quotes"));
  std::string deep;
  for (int i = 0; i < 10'000; ++i) deep += "<a>";
  EXPECT_THAT(json_of_xml(deep), HasSubstr("too deep"));
}

TEST(xml, a_value_is_written_so_that_it_can_be_read) {
  std::string out;
  append_xml(
      out, "bill", format::parse_json(R"({"line":[{"a b":"<x>"},{"a b":null}],"1":2})").value(), 0);
  EXPECT_EQ(json_of_xml(out), R"({"bill":{"line":[{"a_b":"<x>"},{"a_b":""}],"_1":2}})");
}

}  // namespace
}  // namespace outlay::tasks
