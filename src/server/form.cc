// SPDX-License-Identifier: Apache-2.0
#include "server/form.h"

#include "base/text.h"
#include "server/http.h"

namespace outlay::server {

namespace {

using base::Result;

/// The value of `name` among the parameters of a header: `form-data; name="a"`.
std::string parameter(std::string_view header, std::string_view name) {
  for (const std::string& part : base::split_trimmed(header, ';')) {
    const std::size_t equals = part.find('=');
    if (equals == std::string::npos) continue;
    if (!base::equal_ignoring_case(base::trim(part.substr(0, equals)), name)) continue;
    std::string value(base::trim(std::string_view(part).substr(equals + 1)));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    return value;
  }
  return {};
}

FormField field_of(std::string_view headers, std::string_view value) {
  FormField field;
  field.value = value;
  for (const std::string& line : base::split(headers, '\n')) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    if (!base::equal_ignoring_case(line.substr(0, colon), "content-disposition")) continue;
    const std::string disposition(base::trim(std::string_view(line).substr(colon + 1)));
    field.name = parameter(disposition, "name");
    field.file_name = parameter(disposition, "filename");
  }
  return field;
}

Result<std::vector<FormField>> parse_multipart(std::string_view boundary, std::string_view body) {
  const std::string delimiter = "\r\n--" + std::string(boundary);
  std::vector<FormField> fields;
  // The first delimiter has no line break before it.
  const std::string whole = "\r\n" + std::string(body);
  std::size_t at = whole.find(delimiter);
  while (at != std::string::npos) {
    const std::size_t begin = at + delimiter.size();
    if (whole.compare(begin, 2, "--") == 0) return fields;
    const std::size_t next = whole.find(delimiter, begin);
    const std::size_t head_end = whole.find("\r\n\r\n", begin);
    if (next == std::string::npos || head_end == std::string::npos || head_end > next) break;
    // A field without a value has its delimiter right after the empty line that ends its headers.
    const std::size_t value_begin = std::min(head_end + 4, next);
    fields.push_back(field_of(
        std::string_view(whole).substr(begin, head_end - begin),
        std::string_view(whole).substr(value_begin, next - value_begin)));
    at = next;
  }
  return base::invalid_input(
      "The form ends without its closing boundary --" + std::string(boundary) + "--");
}

}  // namespace

Result<std::vector<FormField>> parse_form(std::string_view content_type, std::string_view body) {
  if (content_type.starts_with("multipart/form-data")) {
    const std::string boundary = parameter(content_type, "boundary");
    if (boundary.empty()) {
      return base::invalid_input("A multipart form needs a boundary in its Content-Type header");
    }
    return parse_multipart(boundary, body);
  }
  Request as_query;
  if (!split_target("/?" + std::string(body), as_query)) {
    return base::invalid_input("The form is not URL-encoded");
  }
  std::vector<FormField> fields;
  for (const auto& [name, value] : as_query.query) fields.push_back(FormField{name, {}, value});
  return fields;
}

}  // namespace outlay::server
