// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "io/file.h"

namespace outlay::ledger {

enum class FileKind { csv, parquet, json_lines, duckdb };
enum class Compression { none, gzip, zip, zstd };

/// One file of a delivery, on local disk.
struct BillFile {
  io::Path path;
  /// How users know it: the path or URL they gave, or the key in the manifest.
  std::string name;
  FileKind kind = FileKind::csv;
  Compression compression = Compression::none;
  char separator = ',';
  /// Where the records of a JSON document are ("data.results"); empty for objects in a row.
  std::string records = {};
  /// The file inside a zip archive, empty for its only one; the table of a DuckDB file
  /// ("main.bill").
  std::string member;
  /// What its manifest says it holds ("ActualCost"); empty when nothing does.
  std::string dataset = {};
  /// Filled by the ledger while it stages the file.
  std::string sha256;
  std::uint64_t bytes = 0;
  std::string mapping;  ///< name and version of the mapping that read it
};

/// A table that rides along with a bill for its mapping to look things up in (a price list), as
/// staged: the view `reference_<name>` of all its files.
struct ReferenceShape {
  std::string name;
  /// Of the files' content: a mapping whose charges depend on it names it in its version, so that
  /// a new price list prices a known bill anew.
  std::string digest;
  std::vector<std::string> columns;
  std::vector<std::string> types;
};

/// Column names of a staged file set, as the file spells them.
struct RawShape {
  std::vector<std::string> columns;
  /// Column types of a Parquet set (DuckDB names), else all VARCHAR. Same order as `columns`.
  std::vector<std::string> types;
  /// The tables that came with the bill; empty for the sets that are such tables.
  std::vector<ReferenceShape> references = {};
  bool has(std::string_view column) const;
};

/// A question the ledger asks of the staged rows and prints on the receipt when the answer is not
/// 0.
struct Finding {
  std::string rule;       ///< stable id, e.g. "focus.contracted_cost.null"
  std::string message;    ///< what is wrong, for people; {n} becomes the count
  std::string count_sql;  ///< SELECT count(*), min(x_Row) FROM raw|charges ... : how many, and the
                          ///< first row's number
  bool is_error = false;  ///< errors refuse the delivery; others are only told
  /// When given, the question is "how many rows of `charges` meet this condition", and count_sql
  /// says the same: a ledger may ask many such conditions in one scan.
  std::string charges_condition;
};

/// What a delivery says about the billing periods it has rows of.
enum class Extent {
  whole,  ///< all there is to say: it replaces what the source had booked for these periods
  part,   ///< its files add to what is booked; a file of the same name replaces the one before
};

/// The column by which a mapping of Extent::part tells its rows apart, when the provider sends some
/// of them again in files of other names (an export cut anew, an overlapping window): a text that
/// two rows share only when they are the same row. Of equal rows, as many stay as the fuller side
/// has.
inline constexpr std::string_view kRowKey = "x_RowKey";

/// The column by which a mapping of Extent::part says what a delivery states whole: the standing
/// rows of a month are replaced where this delivery has rows of the same month and scope (a day of
/// a sliding window, a cost centre). Rows without one add.
inline constexpr std::string_view kScopeKey = "x_ScopeKey";

/// The column by which a mapping with scopes says how full its statement of one is: rows of a lower
/// rank are left out where rows of the same month and scope with a higher rank stand booked from
/// other files (Azure's actual costs beside its amortised ones). A text of one digit.
inline constexpr std::string_view kScopeRank = "x_ScopeRank";

/// How one shape of file becomes charges. All SQL runs inside DuckDB over the view `raw`: the
/// file's columns (text for CSV) plus x_File (INTEGER, index into the delivery's files) and x_Row
/// (BIGINT, 1 = first data row).
struct MappingPlan {
  std::string mapping;  ///< e.g. "aws_cur"
  std::string version;  ///< changes when the mapping's meaning changes
  std::string dataset =
      "cost_and_usage";  ///< or contract_commitment, billing_period, invoice_detail
  Extent extent = Extent::whole;
  /// SELECT from raw with the canonical columns by name (ledger/columns.h; missing ones become
  /// null, others must begin with x_), x_File and x_Row. Money as DECIMAL or text. Rows it leaves
  /// out must be in rejects or drops.
  std::string charges_sql;
  /// SELECT x_File, x_Row, reason FROM raw: rows that cannot be booked. They go to quarantine.
  std::string rejects_sql;
  /// SELECT x_File, x_Row, reason FROM raw: rows left out on purpose (negations ...), counted on
  /// the receipt.
  std::string drops_sql;
  /// SELECT currency, cost name, exact sum FROM raw: totals before mapping, for the receipt. May be
  /// empty.
  std::string raw_totals_sql;
  std::vector<Finding> findings;
  /// Things worth saying that need no query ("column Id is not FOCUS and has no x_ prefix: kept as
  /// x_Id").
  std::vector<std::string> notes;
};

/// Makes the plan once the shape of the files is known. Called again per set of files with the same
/// shape.
using Mapper = std::function<base::Result<MappingPlan>(const RawShape& shape)>;

/// Files that share one mapping.
struct FileSet {
  std::vector<BillFile> files;
  Mapper mapper;
  /// When the files are no charges but a table that others look things up in: its name.
  std::string reference = {};
  /// Name of the reader that made the mapper.
  std::string format = {};
  /// Makes the mapper for the files of this set, numbered from `first` in the delivery, when there
  /// are more of them; may be empty.
  std::function<Mapper(const std::vector<BillFile>& files, int first)> remap = {};
};

/// What one provider sent for one or more billing periods, found by its manifest or given by hand.
/// Unless its mapping says otherwise (Extent), it is the complete statement of the periods it
/// holds: booking it replaces what this source had booked for them.
struct Delivery {
  std::string source;  ///< [a-z0-9][a-z0-9._-]*; with the billing period it names what a generation
                       ///< replaces
  std::string label;   ///< how users know it: the path they gave
  std::vector<FileSet> sets;
  /// When a manifest says which period the delivery is for: [start, end). Rows of other periods are
  /// reported.
  std::optional<std::pair<base::Date, base::Date>> manifest_period;
  /// Files seen beside the bill that are no part of it, each with the reason.
  std::vector<std::pair<std::string, std::string>> skipped;
};

}  // namespace outlay::ledger
