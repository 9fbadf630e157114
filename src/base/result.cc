// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

#include <fmt/format.h>

namespace outlay::base {
namespace {

struct CodeRow {
  std::string_view name;
  int http;
  int exit;
};

constexpr CodeRow kCodes[] = {
    {"invalid_input", 422, 2},
    {"not_found", 404, 2},
    {"conflict", 409, 2},
    {"denied", 403, 2},
    {"unavailable", 503, 3},
    {"exhausted", 507, 3},
    {"cancelled", 499, 3},
    {"internal", 500, 3},
};

const CodeRow& row(Code code) { return kCodes[static_cast<std::size_t>(code)]; }

}  // namespace

std::string_view code_name(Code code) { return row(code).name; }

int http_status(Code code) { return row(code).http; }

int exit_code(Code code) { return row(code).exit; }

std::string Place::text() const {
  std::string out = file;
  if (line > 0) {
    out += out.empty() ? fmt::format("line {}", line) : fmt::format(":{}", line);
    if (column > 0) out += file.empty() ? fmt::format(", column {}", column) : fmt::format(":{}", column);
  }
  if (row > 0) out += fmt::format("{}row {}", out.empty() ? "" : ", ", row);
  return out;
}

std::string Error::text() const {
  std::string where = place.text();
  std::string out = where.empty() ? message : where + ": " + message;
  if (cause) out += " (because: " + cause->text() + ")";
  return out;
}

Error Error::within(std::string_view what) const {
  Error outer = *this;
  outer.message = fmt::format("{}: {}", what, message);
  return outer;
}

Error Error::at(Place where) const {
  Error placed = *this;
  placed.place = std::move(where);
  return placed;
}

Error invalid_input(std::string message, Place place) {
  return {Code::invalid_input, std::move(message), std::move(place), nullptr};
}

Error not_found(std::string message) { return {Code::not_found, std::move(message), {}, nullptr}; }

Error conflict(std::string message) { return {Code::conflict, std::move(message), {}, nullptr}; }

Error unavailable(std::string message) {
  return {Code::unavailable, std::move(message), {}, nullptr};
}

Error internal_error(std::string message) {
  return {Code::internal, std::move(message), {}, nullptr};
}

Error join_errors(const std::vector<Error>& errors) {
  if (errors.size() == 1) return errors.front();
  Error all{errors.empty() ? Code::internal : errors.front().code, {}, {}, nullptr};
  for (const Error& error : errors) {
    if (!all.message.empty()) all.message += '\n';
    all.message += error.text();
  }
  return all;
}

}  // namespace outlay::base
