// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ledger/delivery.h"

namespace outlay::connectors {

/// What a person knows about a bill that the bill itself does not say.
struct Hints {
  /// The month a bill without dates begins with; only its year and month count.
  std::optional<base::Date> first_month;
  /// The currency of a bill that names none.
  std::string currency;
};

/// A format of bill that can be booked. To add one, copy a neighbour's folder and add a line to
/// all.cc.
class Connector {
 public:
  virtual ~Connector() = default;
  /// The name --format takes: "focus", "aws-cur" ...
  virtual std::string_view name() const = 0;
  /// One sentence for `outlay ingest --help` and the docs.
  virtual std::string_view summary() const = 0;
  /// How sure this connector is that files with this header are its own: 0 (no) to 100.
  virtual int recognizes(const std::vector<std::string>& header) const = 0;

  /// When a JSON document with names at these paths (ledger::json_paths) is this connector's: where
  /// its records are, as ledger::json_document_to_csv takes it.
  virtual std::string_view records([[maybe_unused]] const std::vector<std::string>& paths) const {
    return {};
  }

  /// Says how a file is read where its bytes do not (a separator, where a document's records are).
  virtual void adjust(
      [[maybe_unused]] const std::vector<std::string>& header,
      [[maybe_unused]] ledger::BillFile& file) const {}

  /// When files with this header are no bill but a table that its bill looks things up in (a price
  /// list): the table's name.
  virtual std::string_view reference(
      [[maybe_unused]] const std::vector<std::string>& header) const {
    return {};
  }

  /// When files with this header are not one statement with the others of their folder and are
  /// booked under a source of their own ("<source>.contract"): the end of its name.
  virtual std::string_view apart([[maybe_unused]] const std::vector<std::string>& header) const {
    return {};
  }

  /// The mapping for files of this shape. An error says which column is missing and what to do.
  virtual base::Result<ledger::MappingPlan> plan(const ledger::RawShape& shape) const = 0;

  /// The same for formats that need what a person knows; others pay no heed to it.
  virtual base::Result<ledger::MappingPlan> plan_with(
      const ledger::RawShape& shape, [[maybe_unused]] const Hints& hints) const {
    return plan(shape);
  }

  /// The mapping of a delivery's files, numbered from `first`, for formats in which it matters what
  /// the files beside one are.
  virtual ledger::Mapper mapper(
      [[maybe_unused]] const std::vector<ledger::BillFile>& files,
      [[maybe_unused]] int first,
      const Hints& hints) const {
    return [this, hints](const ledger::RawShape& shape) { return plan_with(shape, hints); };
  }
};

/// Every connector, most specific first.
const std::vector<std::unique_ptr<Connector>>& all_connectors();

struct FindSettings {
  std::string source;  ///< empty: made from the path's name
  std::string format = "auto";
  Hints hints;
  /// A user's own mapping (YAML), by which every file is read; empty for none.
  io::Path mapping;
};

/// Looks at a file, a folder or a bucket tree and says what deliveries are there. Manifests decide
/// where there are any; other files of a folder form one delivery. Nothing is booked. Fails when
/// nothing in `path` is a bill.
base::Result<std::vector<ledger::Delivery>> find_deliveries(
    const io::Path& path, const FindSettings& settings);

/// Joins deliveries of one source that are halves of each other (Azure's actual and amortised
/// costs): found under several paths, they are one bill.
void join_halves(std::vector<ledger::Delivery>& deliveries);

}  // namespace outlay::connectors
