// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "server/http.h"

namespace outlay::server {

/// A file of the web UI, built into the program.
struct UiFile {
  std::string_view name;  ///< "index.html", "assets/main-4f3a.js"
  std::string_view bytes;
  std::string_view sha256;
  bool is_gzip = false;
};

/// Every file of the web UI; none when the program was built without it. Defined by
/// web/embed.cmake.
const std::vector<UiFile>& ui_files();

/// The answer to a GET outside of the API: a file, or index.html for a page of the UI.
Response asset_response(const Request& request, const std::vector<UiFile>& files);

}  // namespace outlay::server
