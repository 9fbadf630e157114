// SPDX-License-Identifier: Apache-2.0
#include "demo/bill.h"

#include <utility>

namespace outlay::demo {

base::Result<BillSink> BillSink::create(const io::Path& path, bool as_gzip) {
  BillSink out;
  out.file_ = TRY(io::StreamWriter::create(path, as_gzip));
  return out;
}

void BillSink::flush() {
  if (file_ && !error_) {
    const base::Result<base::Done> done = file_->write(buffer_);
    if (!done) error_ = done.error();
  }
  buffer_.clear();
}

base::Result<long long> BillSink::close() {
  flush();
  if (error_) return *error_;
  if (!file_) return 0LL;
  return static_cast<long long>(TRY(file_->close()));
}

void BillFacts::add(
    money::Decimal billed_cost,
    money::Decimal effective_cost,
    money::Decimal list_cost,
    money::Decimal contracted_cost) {
  billed += billed_cost;
  effective += effective_cost;
  list += list_cost;
  contracted += contracted_cost;
}

base::Result<BillSink> open_bill(const BillTask& task, const std::string& path, bool as_gzip) {
  if (task.out.empty()) return BillSink();
  const io::Path whole = task.out / path;
  TRY(io::make_folders(whole.parent_path()));
  return BillSink::create(whole, as_gzip);
}

base::Result<base::Done> write_document(
    const BillTask& task, const std::string& path, std::string_view text) {
  if (task.out.empty()) return base::Done{};
  const io::Path whole = task.out / path;
  TRY(io::make_folders(whole.parent_path()));
  return io::write_file(whole, text);
}

}  // namespace outlay::demo
