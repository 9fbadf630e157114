// SPDX-License-Identifier: Apache-2.0
// The parts of Office Open XML that cells need: ECMA-376, part 1, section 18 (SpreadsheetML).
#include "tasks/serdes/xlsx.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "base/time.h"
#include "io/zip_bytes.h"
#include "tasks/serdes/xml.h"

namespace outlay::tasks {
namespace {

using Kind = XlsxCell::Kind;

constexpr std::size_t kLargest = std::size_t{1} << 30U;
constexpr std::size_t kColumnsMost = 16'384;
constexpr std::size_t kRowsMost = 1'048'576;
constexpr std::chrono::sys_days kFirstDay =
    std::chrono::sys_days(std::chrono::year(1899) / std::chrono::December / 30);
// Workbooks of old Macintoshes count from 1904.
constexpr long kDaysOf1904 = 1462;

/// "AB12" is column 27; letters alone count.
std::size_t column_of(std::string_view reference) {
  std::size_t column = 0;
  for (const char c : reference) {
    if (c < 'A' || c > 'Z') break;
    column = column * 26 + static_cast<std::size_t>(c - 'A' + 1);
  }
  return column == 0 ? 0 : column - 1;
}

std::size_t row_number(std::string_view text) {
  std::size_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// Whether a number format shows a date: a day, month, year or time letter outside of quotes,
/// brackets and escapes.
bool is_date_format(std::string_view code) {
  for (std::size_t at = 0; at < code.size(); ++at) {
    const char c = code[at];
    if (c == '\\') {
      ++at;
    } else if (c == '"' || c == '[') {
      const std::size_t end = code.find(c == '"' ? '"' : ']', at + 1);
      if (end == std::string_view::npos) return false;
      at = end;
    } else if (std::string_view("dDmMyYhHsS").find(c) != std::string_view::npos) {
      return true;
    }
  }
  return false;
}

/// The built-in formats of dates: section 18.8.30.
bool is_date_id(std::size_t id) {
  return (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) ||
         (id >= 50 && id <= 58);
}

class Workbook {
 public:
  static base::Result<Workbook> open(std::string_view bytes) {
    if (!io::is_zip(bytes)) {
      return base::invalid_input(
          "this is no Excel workbook of today (.xlsx); save older .xls files as .xlsx");
    }
    Workbook out;
    for (io::ZipEntry& entry : TRY(io::unzip(bytes, kLargest)))
      out.parts_.emplace(std::move(entry.name), std::move(entry.bytes));
    if (!out.parts_.contains("xl/workbook.xml"))
      return base::invalid_input("this archive is no Excel workbook: it has no xl/workbook.xml");
    TRY(out.read_texts());
    TRY(out.read_styles());
    return out;
  }

  base::Result<std::vector<XlsxSheet>> sheets() {
    std::map<std::string, std::string> targets;
    TRY(each("xl/_rels/workbook.xml.rels", [&](const XmlEvent& event) {
      if (event.name == "Relationship") targets[event.attribute("Id")] = event.attribute("Target");
    }));
    std::vector<std::pair<std::string, std::string>> named;
    TRY(each("xl/workbook.xml", [&](const XmlEvent& event) {
      const std::string name = event.name.substr(event.name.find(':') + 1);
      if (name == "workbookPr") {
        const std::string is_1904 = event.attribute("date1904");
        if (is_1904 == "1" || is_1904 == "true") first_day_ = kDaysOf1904;
      }
      if (name == "sheet") named.emplace_back(event.attribute("name"), event.attribute("r:id"));
    }));
    std::vector<XlsxSheet> out;
    for (const auto& [name, id] : named) {
      const std::string target = targets[id];
      const std::string part = target.starts_with('/') ? target.substr(1) : "xl/" + target;
      const auto found = parts_.find(part);
      if (found == parts_.end()) continue;  // a chart sheet
      auto sheet = read_sheet(found->second);
      if (!sheet) return sheet.error().within("sheet " + name);
      sheet->name = name;
      out.push_back(std::move(*sheet));
    }
    return out;
  }

 private:
  template <class Seen>
  base::Result<base::Done> each(const std::string& part, const Seen& seen) {
    const auto found = parts_.find(part);
    if (found == parts_.end()) return base::Done{};
    XmlReader reader(found->second);
    while (auto event = TRY(reader.next()))
      if (event->kind == XmlEvent::Kind::begin) seen(*event);
    return base::Done{};
  }

  base::Result<base::Done> read_texts() {
    const auto found = parts_.find("xl/sharedStrings.xml");
    if (found == parts_.end()) return base::Done{};
    XmlReader reader(found->second);
    int phonetic = 0;
    bool is_text = false;
    while (auto event = TRY(reader.next())) {
      const bool is_begin = event->kind == XmlEvent::Kind::begin;
      if (event->kind == XmlEvent::Kind::text) {
        if (is_text && phonetic == 0 && !texts_.empty()) texts_.back() += event->text;
      } else if (event->name == "si" && is_begin) {
        texts_.emplace_back();
      } else if (event->name == "rPh") {
        phonetic += is_begin ? 1 : -1;
      } else if (event->name == "t") {
        is_text = is_begin;
      }
    }
    return base::Done{};
  }

  base::Result<base::Done> read_styles() {
    std::set<std::size_t> dates;
    bool is_in_cells = false;
    const auto found = parts_.find("xl/styles.xml");
    if (found == parts_.end()) return base::Done{};
    XmlReader reader(found->second);
    while (auto event = TRY(reader.next())) {
      const bool is_begin = event->kind == XmlEvent::Kind::begin;
      if (event->name == "cellXfs") is_in_cells = is_begin;
      if (!is_begin) continue;
      if (event->name == "numFmt" && is_date_format(event->attribute("formatCode")))
        dates.insert(row_number(event->attribute("numFmtId")));
      if (event->name == "xf" && is_in_cells) {
        const std::size_t id = row_number(event->attribute("numFmtId"));
        is_date_style_.push_back(is_date_id(id) || dates.contains(id));
      }
    }
    return base::Done{};
  }

  XlsxCell cell_of(const std::string& type, std::size_t style, std::string value) const {
    if (type == "s") {
      const std::size_t index = row_number(value);
      return {Kind::text, index < texts_.size() ? texts_[index] : ""};
    }
    if (type == "b") return {Kind::boolean, value == "1" ? "true" : "false"};
    if (type == "str" || type == "inlineStr" || type == "e" || type == "d")
      return {Kind::text, std::move(value)};
    if (value.empty()) return {};
    const bool is_date = style < is_date_style_.size() && is_date_style_[style];
    if (is_date && first_day_ != 0) {
      double days = 0;
      std::from_chars(value.data(), value.data() + value.size(), days);
      value = fmt::format("{}", days + static_cast<double>(first_day_));
    }
    return {is_date ? Kind::date : Kind::number, std::move(value)};
  }

  base::Result<XlsxSheet> read_sheet(const std::string& xml) const {
    XlsxSheet sheet;
    XmlReader reader(xml);
    std::string type;
    std::string value;
    std::size_t style = 0;
    std::size_t column = 0;
    bool is_value = false;
    while (auto event = TRY(reader.next())) {
      const bool is_begin = event->kind == XmlEvent::Kind::begin;
      if (event->kind == XmlEvent::Kind::text) {
        if (is_value) value += event->text;
        continue;
      }
      if (event->name == "v" || event->name == "t") {
        is_value = is_begin;
      } else if (event->name == "row" && is_begin) {
        const std::string number = event->attribute("r");
        const std::size_t row = number.empty() ? sheet.rows.size() + 1 : row_number(number);
        if (row == 0 || row > kRowsMost || row <= sheet.rows.size())
          return base::invalid_input(fmt::format("row number {} is out of place", number));
        sheet.rows.resize(row);
        column = 0;
      } else if (event->name == "c" && is_begin) {
        const std::string reference = event->attribute("r");
        if (!reference.empty()) column = column_of(reference);
        type = event->attribute("t");
        style = row_number(event->attribute("s"));
        value.clear();
      } else if (event->name == "c" && !sheet.rows.empty()) {
        if (column >= kColumnsMost) return base::invalid_input("a column is out of place");
        std::vector<XlsxCell>& row = sheet.rows.back();
        if (row.size() <= column) row.resize(column + 1);
        row[column++] = cell_of(type, style, std::move(value));
        value.clear();
      }
    }
    return sheet;
  }

  std::map<std::string, std::string> parts_;
  std::vector<std::string> texts_;
  std::vector<bool> is_date_style_;
  long first_day_ = 0;
};

// Writing. Styles by their place in cellXfs: 0 plain, 1 date, 2 date and time, 3 bold.
constexpr std::string_view kStyles =
    R"(<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\-mm\-dd"/><numFmt numFmtId="165" formatCode="yyyy\-mm\-dd\ hh:mm:ss"/></numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/></cellXfs></styleSheet>)";

constexpr std::string_view kHead =
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
constexpr std::string_view kMain = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
constexpr std::string_view kRelations =
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
constexpr std::string_view kPackage = "http://schemas.openxmlformats.org/package/2006";

std::string column_name(std::size_t column) {
  std::string out;
  for (std::size_t rest = column + 1; rest > 0; rest = (rest - 1) / 26)
    out.insert(0, 1, static_cast<char>('A' + (rest - 1) % 26));
  return out;
}

/// The serial number of an ISO date or instant, and whether it has a time of day.
base::Result<std::pair<std::string, bool>> serial_of(const std::string& iso) {
  const bool has_time = iso.size() > 10;
  const base::Instant instant = TRY(base::parse_instant(has_time ? iso : iso + "T00:00:00Z"));
  const auto since = instant - base::Instant(kFirstDay);
  const auto whole = std::chrono::floor<std::chrono::days>(since);
  const auto rest = std::chrono::duration_cast<std::chrono::microseconds>(since - whole);
  if (rest.count() == 0) return std::pair(fmt::format("{}", whole.count()), has_time);
  // A time of day is a fraction of the day; 10 digits hold a tenth of a millisecond.
  const double part = static_cast<double>(rest.count()) / 86'400'000'000.0;
  return std::pair(
      fmt::format("{}{}", whole.count(), fmt::format("{:.10f}", part).substr(1)), has_time);
}

base::Result<base::Done> append_cell(
    std::string& out, const XlsxCell& cell, const std::string& place, bool is_bold) {
  const std::string_view bold = is_bold ? " s=\"3\"" : "";
  switch (cell.kind) {
    case Kind::blank:
      break;
    case Kind::number:
      out += fmt::format("<c r=\"{}\"{}><v>{}</v></c>", place, bold, cell.text);
      break;
    case Kind::boolean:
      out += fmt::format("<c r=\"{}\" t=\"b\"><v>{}</v></c>", place, cell.text == "true" ? 1 : 0);
      break;
    case Kind::date: {
      const auto [serial, has_time] = TRY(serial_of(cell.text));
      out += fmt::format("<c r=\"{}\" s=\"{}\"><v>{}</v></c>", place, has_time ? 2 : 1, serial);
      break;
    }
    case Kind::text:
      out += fmt::format(
          "<c r=\"{}\" t=\"inlineStr\"{}><is><t xml:space=\"preserve\">{}</t></is></c>",
          place,
          bold,
          xml_escaped(cell.text));
      break;
  }
  return base::Done{};
}

base::Result<std::string> sheet_xml(const XlsxSheet& sheet, bool is_bold) {
  if (sheet.rows.size() > kRowsMost) {
    return base::invalid_input(fmt::format(
        "sheet {} has {} rows; a sheet holds {} at most",
        sheet.name,
        sheet.rows.size(),
        kRowsMost));
  }
  std::string out = fmt::format("{}<worksheet xmlns=\"{}\"><sheetData>", kHead, kMain);
  for (std::size_t row = 0; row < sheet.rows.size(); ++row) {
    out += fmt::format("<row r=\"{}\">", row + 1);
    for (std::size_t column = 0; column < sheet.rows[row].size(); ++column) {
      const std::string place = fmt::format("{}{}", column_name(column), row + 1);
      TRY(append_cell(out, sheet.rows[row][column], place, is_bold && row == 0));
    }
    out += "</row>";
  }
  return out + "</sheetData></worksheet>";
}

/// A name Excel takes: 31 characters, none of []:*?/\, and no second of its kind.
std::string sheet_name(std::string name, std::set<std::string>& taken) {
  for (char& c : name)
    if (std::string_view("[]:*?/\\").find(c) != std::string_view::npos) c = '_';
  if (name.empty()) name = "Sheet";
  name = name.substr(0, 31);
  std::string out = name;
  for (int number = 2; !taken.insert(base::lower(out)).second; ++number)
    out = fmt::format("{} {}", name.substr(0, 27), number);
  return out;
}

}  // namespace

base::Result<std::vector<XlsxSheet>> read_xlsx(std::string_view bytes) {
  Workbook workbook = TRY(Workbook::open(bytes));
  return workbook.sheets();
}

base::Result<std::string> write_xlsx(const std::vector<XlsxSheet>& sheets, bool is_bold) {
  if (sheets.empty()) return base::invalid_input("a workbook needs a sheet");
  std::string types = fmt::format(
      "{}<Types xmlns=\"{}/content-types\"><Default Extension=\"rels\" "
      "ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default "
      "Extension=\"xml\" ContentType=\"application/xml\"/>",
      kHead,
      kPackage);
  constexpr std::string_view kOffice =
      "application/vnd.openxmlformats-officedocument.spreadsheetml";
  const auto override_of = [&](std::string_view part, std::string_view kind) {
    types +=
        fmt::format("<Override PartName=\"/{}\" ContentType=\"{}.{}+xml\"/>", part, kOffice, kind);
  };
  override_of("xl/workbook.xml", "sheet.main");
  override_of("xl/styles.xml", "styles");
  std::string book =
      fmt::format("{}<workbook xmlns=\"{}\" xmlns:r=\"{}\"><sheets>", kHead, kMain, kRelations);
  std::string relations =
      fmt::format("{}<Relationships xmlns=\"{}/relationships\">", kHead, kPackage);
  const auto relation = [&](std::string_view id, std::string_view kind, std::string_view target) {
    return fmt::format(
        "<Relationship Id=\"{}\" Type=\"{}/{}\" Target=\"{}\"/>", id, kRelations, kind, target);
  };
  std::vector<io::ZipEntry> parts;
  std::set<std::string> taken;
  for (std::size_t i = 0; i < sheets.size(); ++i) {
    const std::string part = fmt::format("worksheets/sheet{}.xml", i + 1);
    const std::string id = fmt::format("rId{}", i + 1);
    book += fmt::format(
        "<sheet name=\"{}\" sheetId=\"{}\" r:id=\"{}\"/>",
        xml_escaped(sheet_name(sheets[i].name, taken)),
        i + 1,
        id);
    relations += relation(id, "worksheet", part);
    override_of("xl/" + part, "worksheet");
    parts.push_back({"xl/" + part, TRY(sheet_xml(sheets[i], is_bold))});
  }
  relations += relation("rIdStyles", "styles", "styles.xml");
  parts.push_back({"[Content_Types].xml", types + "</Types>"});
  parts.push_back({"xl/workbook.xml", book + "</sheets></workbook>"});
  parts.push_back({"xl/_rels/workbook.xml.rels", relations + "</Relationships>"});
  parts.push_back({"xl/styles.xml", std::string(kStyles)});
  parts.push_back(
      {"_rels/.rels",
       fmt::format(
           "{}<Relationships xmlns=\"{}/relationships\">{}</Relationships>",
           kHead,
           kPackage,
           relation("rId1", "officeDocument", "xl/workbook.xml"))});
  // Readers expect the list of types first.
  std::rotate(
      parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(sheets.size()), parts.end());
  return io::zip(parts);
}

base::Result<std::string> xlsx_date(std::string_view serial) {
  double days = 0;
  const char* end = serial.data() + serial.size();
  const auto read = std::from_chars(serial.data(), end, days);
  // Excel ends with the year 9999.
  if (read.ec != std::errc() || read.ptr != end || days < 0 || days > 2'958'466)
    return base::invalid_input(fmt::format("{} is no date of Excel", serial));
  const auto whole = std::chrono::days(static_cast<long>(std::floor(days)));
  const auto seconds = std::chrono::seconds(std::lround((days - std::floor(days)) * 86'400.0));
  const base::Instant instant =
      base::Instant(kFirstDay) + base::Duration(whole) + base::Duration(seconds);
  std::string text = base::print_instant(instant);
  if (seconds.count() == 0) return text.substr(0, 10);
  return text.substr(0, 19);
}

}  // namespace outlay::tasks
