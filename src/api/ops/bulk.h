// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "format/value.h"

namespace outlay::api {

/// What a call over many answers: {count} when all went well, else {message, invalids}, which is a
/// 400 over REST.
class BulkAnswer {
 public:
  explicit BulkAnswer(std::string what) : what_(std::move(what)) {}

  void count() { ++count_; }

  void refuse(const std::string& named, const std::string& message) {
    invalids_.push_back(format::Value::object({{"message", message}, {"invalidValue", named}}));
  }

  bool is_good() const { return invalids_.empty(); }

  format::Value json() const {
    if (is_good()) return format::Value::object({{"count", count_}});
    return format::Value::object(
        {{"message", "invalid bulk " + what_}, {"invalids", format::Value(invalids_)}});
  }

 private:
  std::string what_;
  std::int64_t count_ = 0;
  format::Array invalids_;
};

}  // namespace outlay::api
