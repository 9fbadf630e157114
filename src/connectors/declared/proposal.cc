// SPDX-License-Identifier: Apache-2.0
#include "connectors/declared/proposal.h"

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include "base/text.h"
#include "connectors/declared/connector.h"
#include "connectors/look.h"
#include "connectors/mapping.h"
#include "ledger/charge_sql.h"
#include "ledger/stage.h"

namespace outlay::connectors {
namespace {

using base::Result;

constexpr std::array<std::string_view, 17> kDateFormats{
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%SZ",
    "%d.%m.%Y",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%Y/%m/%d",
    "%d-%m-%Y",
    "%Y%m%d",
    "%Y-%m",
    "%m/%Y",
    "%m.%Y",
    "%b %Y",
    "%d.%m.%Y %H:%M",
    "%d.%m.%y",
    "%d-%b-%Y",
    "%d %b %Y"};

/// What the sample says about a column.
struct Guess {
  std::string name;
  std::string date_format;  ///< empty when it is no date
  bool is_ambiguous_date = false;
  bool is_point_number = false;  ///< 1,234.56
  bool is_comma_number = false;  ///< 1.234,56
  bool is_currency = false;
  bool has_marks = false;  ///< a decimal or thousands mark is there
  std::string sign;        ///< a currency sign met in the cells

  bool is_number() const { return is_point_number || is_comma_number; }
};

std::optional<std::size_t> by_words(
    const std::vector<Guess>& guesses,
    const std::vector<std::string_view>& words,
    const std::function<bool(const Guess&)>& fits) {
  for (const auto word : words) {
    for (std::size_t i = 0; i < guesses.size(); ++i) {
      if (fits(guesses[i]) && base::lower(guesses[i].name).find(word) != std::string::npos) {
        return i;
      }
    }
  }
  return std::nullopt;
}

/// A file staged for a look, and gone afterwards.
class Sample {
 public:
  static Result<Sample> open(const io::Path& file, const Connector* reader) {
    Looker looker;
    auto looks = TRY(looker.look(file, file.generic_string()));
    auto& look = looks.front();
    if (reader != nullptr) {
      reader->adjust(look.header, look.file);
      look.file.records = std::string(reader->records(look.paths));
    }
    if (!look.trouble.empty() && look.file.records.empty()) {
      return base::invalid_input(look.trouble, base::Place{file.generic_string(), 0, 0, 0});
    }
    Sample sample(TRY(io::ScratchFolder::create(std::filesystem::temp_directory_path())));
    sample.file_ = look.file;
    sample.database_ = TRY(store::DuckDatabase::open({.threads = 1, .memory_bytes = 500'000'000}));
    sample.duck_.emplace(TRY(sample.database_->connect()));
    std::vector<ledger::NumberedFile> files;
    files.push_back({0, 0, look.file});
    auto staged = TRY(ledger::stage_files(
        *sample.duck_, sample.scratch_.path(), files, [](const ledger::NumberedFile&) {}));
    if (staged.groups.empty()) {
      return base::invalid_input(
          "the file has no rows", base::Place{file.generic_string(), 0, 0, 0});
    }
    sample.group_ = std::move(staged.groups.front());
    return sample;
  }

  store::Duck& duck() { return *duck_; }

  const ledger::StagedGroup& group() const { return group_; }

  const ledger::BillFile& file() const { return file_; }

 private:
  explicit Sample(io::ScratchFolder scratch) : scratch_(std::move(scratch)) {}

  io::ScratchFolder scratch_;
  std::unique_ptr<store::DuckDatabase> database_;
  std::optional<store::Duck> duck_;
  ledger::StagedGroup group_;
  ledger::BillFile file_;
};

// One row of answers about a column: how many cells there are, and how many fit each guess.
std::string questions(const std::string& column) {
  const std::string text = fmt::format("trim(CAST({} AS VARCHAR))", base::sql_name(column));
  const std::string bare =
      fmt::format("regexp_replace({}, '[\\s$€£¥()+-]|^[A-Z]{{3}}|[A-Z]{{3}}$', '', 'g')", text);
  std::string sql = fmt::format("SELECT count(nullif({}, ''))", text);
  const auto ask = [&](const std::string& condition) {
    sql += fmt::format(", count(*) FILTER ({} <> '' AND {})", text, condition);
  };
  ask(fmt::format("regexp_full_match({}, '(\\d{{1,3}}(,\\d{{3}})+|\\d+)(\\.\\d+)?')", bare));
  ask(fmt::format("regexp_full_match({}, '(\\d{{1,3}}(\\.\\d{{3}})+|\\d+)(,\\d+)?')", bare));
  ask(fmt::format("regexp_matches({}, '\\d[.,]\\d')", bare));
  ask(fmt::format("regexp_full_match({}, '[A-Z]{{3}}')", text));
  for (const std::string_view sign : {"€", "$", "£"})
    ask(fmt::format("contains({}, '{}')", text, sign));
  for (const auto format : kDateFormats) {
    ask(fmt::format("try_strptime({}, '{}') IS NOT NULL", text, format));
  }
  return sql;
}

Result<Guess> guess_column(Sample& sample, const std::string& column) {
  const auto table = TRY(sample.duck().query(
      fmt::format("{} FROM (FROM {} LIMIT 1000)", questions(column), sample.group().raw)));
  std::vector<long long> counts;
  for (const auto& cell : table.rows.at(0)) counts.push_back(std::stoll(cell.value_or("0")));
  Guess guess;
  guess.name = column;
  const long long cells = counts[0];
  if (cells == 0) return guess;
  guess.is_point_number = counts[1] == cells;
  guess.is_comma_number = counts[2] == cells;
  guess.has_marks = counts[3] > 0;
  guess.is_currency = counts[4] == cells;
  constexpr std::array<std::string_view, 3> kCodes{"EUR", "USD", "GBP"};
  for (std::size_t i = 0; i < kCodes.size(); ++i) {
    if (counts[5 + i] > 0) guess.sign = kCodes.at(i);
  }
  for (std::size_t i = 0; i < kDateFormats.size(); ++i) {
    if (counts[8 + i] != cells) continue;
    if (guess.date_format.empty()) {
      guess.date_format = kDateFormats.at(i);
    } else if (guess.date_format == "%m/%d/%Y" && kDateFormats.at(i) == "%d/%m/%Y") {
      guess.is_ambiguous_date = true;
    }
  }
  return guess;
}

std::string column_text(const Guess& guess) { return fmt::format("\"[{}]\"", guess.name); }

/// Puts a mapping together from guesses.
class Proposer {
 public:
  Proposer(const std::vector<Guess>& guesses, const ledger::BillFile& file)
      : guesses_(guesses), file_(file) {}

  Result<Proposal> run() {
    const auto is_date = [](const Guess& one) { return !one.date_format.empty(); };
    const auto start = first(
        {"start",
         "from",
         "von",
         "beginn",
         "date",
         "datum",
         "day",
         "tag",
         "month",
         "monat",
         "period",
         "time"},
        is_date);
    const auto cost = first(
        {"billed",
         "net cost",
         "cost",
         "kosten",
         "betrag",
         "amount",
         "charge",
         "net",
         "netto",
         "total",
         "summe",
         "montant",
         "importe",
         "price",
         "preis"},
        [&](const Guess& one) { return one.is_number() && !is_date(one) && !is_rate(one); });
    if (!start || !cost) {
      return base::invalid_input(fmt::format(
          "no column of this file looks like {}; write the mapping by hand (docs/guides/"
          "declared.md) and try it with --mapping. Columns: {}",
          !start ? "a date" : "a cost",
          names()));
    }
    write_head(guesses_[*start], guesses_[*cost]);
    write_columns(*start, *cost);
    out_.yaml += "defaults:\n  ServiceCategory: Other   # one of FOCUS's categories\n";
    return std::move(out_);
  }

 private:
  static bool is_rate(const Guess& one) {
    const auto name = base::lower(one.name);
    return name.find("rate") != std::string::npos || name.find("per ") != std::string::npos ||
           name.find("unit price") != std::string::npos || name.find("tax") != std::string::npos;
  }

  std::string names() const {
    std::vector<std::string> all;
    for (const auto& guess : guesses_) all.push_back(guess.name);
    return base::join(all, ", ");
  }

  // By the words of names, else the first that fits.
  std::optional<std::size_t> first(
      const std::vector<std::string_view>& words, const std::function<bool(const Guess&)>& fits) {
    if (const auto named = by_words(guesses_, words, fits)) return named;
    for (std::size_t i = 0; i < guesses_.size(); ++i) {
      if (!fits(guesses_[i])) continue;
      out_.doubts.push_back(fmt::format("{} was taken by its content alone", guesses_[i].name));
      return i;
    }
    return std::nullopt;
  }

  void write_head(const Guess& start, const Guess& cost) {
    auto& yaml = out_.yaml;
    yaml = fmt::format(
        "# Proposed from {}; check it, then: outlay ingest FILE --mapping THIS\n"
        "mapping: {}\nversion: \"1\"\n",
        file_.path.filename().string(),
        "my-bill");
    yaml += fmt::format("date_format: \"{}\"\n", start.date_format);
    if (start.is_ambiguous_date) {
      out_.doubts.push_back(
          fmt::format("{} could have the day or the month first; the month was taken", start.name));
    }
    const bool is_comma = cost.is_comma_number && (!cost.is_point_number || !cost.has_marks);
    const bool both = cost.is_comma_number && cost.is_point_number;
    if (both && cost.has_marks) {
      out_.doubts.push_back(fmt::format(
          "the marks of {} can be read in two ways; a point before decimals was taken", cost.name));
    }
    const bool takes_comma = is_comma && !both;
    yaml += fmt::format(
        "decimal_mark: \"{}\"\nthousands_mark: \"{}\"\n",
        takes_comma ? "," : ".",
        takes_comma ? "." : ",");
    write_currency(cost);
    if (start.date_format == "%Y-%m" || start.date_format == "%m/%Y" ||
        start.date_format == "%m.%Y" || start.date_format == "%b %Y") {
      yaml += "grain: month   # or spread: day, to spread each month over its days\n";
    }
    yaml += "provider: \"\"   # who bills this\n";
  }

  void write_currency(const Guess& cost) {
    const auto column =
        by_words(guesses_, {"curr", "währ", "waehr", "devise", "moneda"}, [](const Guess& one) {
          return one.is_currency;
        });
    if (column) {
      out_.yaml += fmt::format("currency: {}\n", column_text(guesses_[*column]));
    } else if (!cost.sign.empty()) {
      out_.yaml += fmt::format("currency: {}\n", cost.sign);
    } else {
      out_.yaml += "# currency: EUR\n";
      out_.doubts.emplace_back("the file names no currency; say which one it is (currency:)");
    }
  }

  void write_columns(std::size_t start, std::size_t cost) {
    auto& yaml = out_.yaml;
    yaml += "columns:\n";
    put("ChargePeriodStart", start);
    put("BilledCost", cost);
    const auto is_text = [](const Guess& one) {
      return one.date_format.empty() && !one.is_number();
    };
    const auto any = [](const Guess& one) { return one.date_format.empty(); };
    const auto number = [&](const Guess& one) {
      return one.is_number() && one.date_format.empty() && one.name != guesses_[cost].name;
    };
    const auto end =
        by_words(guesses_, {"end", "until", "bis", "ende", "to date"}, [&](const Guess& one) {
          return one.date_format == guesses_[start].date_format && one.name != guesses_[start].name;
        });
    if (end) put("ChargePeriodEnd", *end);
    put_named(
        "ServiceName",
        {"service", "product", "kostenart", "leistung", "category", "item", "kind", "type"},
        is_text);
    put_named(
        "ChargeDescription",
        {"description", "beschreibung", "text", "comment", "bezeichnung"},
        is_text);
    put_named(
        "SubAccountName",
        {"account",
         "cost center",
         "cost centre",
         "cost_center",
         "kostenstelle",
         "department",
         "project",
         "team",
         "owner"},
        any);
    put_named(
        "ResourceId", {"resource", "instance", "server", "host", "asset", "device", "serial"}, any);
    put_named("RegionId", {"region", "location", "standort", "site"}, is_text);
    put_named("InvoiceId", {"invoice", "rechnung"}, any);
    put_named("ConsumedQuantity", {"quantity", "qty", "menge", "usage", "hours"}, number);
    put_named("ConsumedUnit", {"unit", "einheit", "uom"}, is_text);
  }

  void put(const std::string& column, std::size_t index) {
    used_.push_back(index);
    out_.yaml += fmt::format("  {}: {}\n", column, column_text(guesses_[index]));
  }

  void put_named(
      const std::string& column,
      const std::vector<std::string_view>& words,
      const std::function<bool(const Guess&)>& fits) {
    const auto found = by_words(guesses_, words, [&](const Guess& one) {
      return fits(one) && std::ranges::none_of(
                              used_, [&](std::size_t i) { return guesses_[i].name == one.name; });
    });
    if (found) put(column, *found);
  }

  const std::vector<Guess>& guesses_;
  const ledger::BillFile& file_;
  std::vector<std::size_t> used_;
  Proposal out_;
};

Result<Proposal> proposed(Sample& sample) {
  std::vector<Guess> guesses;
  for (const auto& column : sample.group().shape.columns) {
    guesses.push_back(TRY(guess_column(sample, column)));
  }
  return Proposer(guesses, sample.file()).run();
}

}  // namespace

Result<Proposal> propose_mapping(const io::Path& file, const io::Path& mapping) {
  std::unique_ptr<Connector> connector;
  Proposal proposal;
  if (!mapping.empty()) {
    connector = TRY(load_declared_connector(mapping));
  }
  auto sample = TRY(Sample::open(file, connector.get()));
  if (mapping.empty()) {
    proposal = TRY(proposed(sample));
    connector = make_declared_connector(TRY(parse_declaration(proposal.yaml, "the proposal")));
  } else {
    proposal.yaml = TRY(io::read_file(mapping));
  }
  const auto plan = TRY(connector->plan(sample.group().shape));
  proposal.first_rows = TRY(sample.duck().query(fmt::format(
      "SELECT x_Row AS row, * EXCLUDE (x_File, x_Row, BillingPeriodEnd) FROM ({}) LIMIT 5",
      ledger::over_raw(plan.charges_sql, sample.group().raw))));
  const auto counted =
      TRY(sample.duck().query(fmt::format("SELECT count(*) FROM {}", sample.group().raw)));
  proposal.rows_read = std::stoll(counted.rows.at(0).at(0).value_or("0"));
  return proposal;
}

}  // namespace outlay::connectors
