// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace outlay::server {

/// One field of a form.
struct FormField {
  std::string name;
  std::string file_name;  ///< empty when the field is no file
  std::string value;
};

/// Reads a multipart/form-data or application/x-www-form-urlencoded body.
base::Result<std::vector<FormField>> parse_form(
    std::string_view content_type, std::string_view body);

}  // namespace outlay::server
