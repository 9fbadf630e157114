// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "format/value.h"

namespace outlay::api {

/// What a parameter takes. Every kind but `any` is also read from text, so that command lines and
/// URLs need no conversion of their own.
enum class ParamKind {
  text,
  integer,
  boolean,  ///< "true" and "false" as text
  list,     ///< of texts; as text separated by commas
  date,     ///< "2026-01-31"
  instant,  ///< ISO 8601
  map,      ///< an object; as text JSON
  any,
};

std::string_view kind_name(ParamKind kind);

/// A parameter of an operation: one source for REST, the command line and the docs.
struct Param {
  std::string name;  ///< as in JSON and URLs ("asOf"); on the command line "--as-of"
  ParamKind kind = ParamKind::text;
  std::string doc;
  bool is_required = false;
  format::Value fallback;            ///< used when nothing is given; null for none
  std::vector<std::string> choices;  ///< allowed texts, or none
};

/// One thing that Outlay can be asked to do.
struct Operation {
  std::string name;        ///< "ledger.query"
  std::string summary;     ///< one sentence
  std::string permission;  ///< "ledger.read"
  std::string method;      ///< "GET"; empty when it is not offered over REST
  std::string path;        ///< below /api/v1/main/, e.g. "flows/{namespace}/{id}"
  std::vector<Param> params;
  std::string answer;   ///< the shape of the answer, in JSON with ... for what repeats
  std::string example;  ///< a request in JSON
  /// Further routes, "METHOD path": what older and newer clients call.
  std::vector<std::string> also;
  /// The parameter that the request's body is as a whole; empty: a map of parameters.
  std::string body;
  /// What a text answer is, "text/csv"; empty: the answer is JSON.
  std::string media;
  /// HTTP status of a good answer; 0: 200, or 204 for none. A 204 at `path` is a 200 with the
  /// answer at the routes of `also`.
  int status = 0;
  /// Unknown parameters are ignored, as Kestra's server does.
  bool is_lenient = false;

  const Param* find(std::string_view param) const;
};

/// Every operation, in the order of the docs.
const std::vector<Operation>& operations();
/// Null when there is none of that name.
const Operation* find_operation(std::string_view name);

/// The checked parameters of one call: unknown names, missing values and wrong types were refused,
/// texts were turned into the parameter's kind, absent ones have their fallback.
class Request {
 public:
  /// All problems at once; an unknown name suggests the nearest.
  static base::Result<Request> check(const Operation& operation, const format::Value& given);

  bool has(std::string_view name) const;
  /// Empty when absent.
  std::string text(std::string_view name) const;
  std::vector<std::string> list(std::string_view name) const;
  long long integer(std::string_view name) const;
  bool boolean(std::string_view name) const;
  /// Null when absent.
  const format::Value& value(std::string_view name) const;

 private:
  format::Object values_;
};

}  // namespace outlay::api
