// SPDX-License-Identifier: Apache-2.0
#include "server/assets.h"

#include <algorithm>

#include "base/text.h"

namespace outlay::server {

namespace {

constexpr std::pair<std::string_view, std::string_view> kContentTypes[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".json", "application/json"},
    {".txt", "text/plain; charset=utf-8"},
    {".woff2", "font/woff2"},
    {".ico", "image/x-icon"},
};

std::string_view content_type(std::string_view name) {
  for (const auto& [ending, type] : kContentTypes) {
    if (name.ends_with(ending)) return type;
  }
  return "application/octet-stream";
}

const UiFile* find(const std::vector<UiFile>& files, std::string_view name) {
  const auto found = std::find_if(
      files.begin(), files.end(), [&](const UiFile& file) { return file.name == name; });
  return found == files.end() ? nullptr : &*found;
}

Response file_response(const Request& request, const UiFile& file) {
  const std::string etag = "\"" + std::string(file.sha256.substr(0, 32)) + "\"";
  Response response;
  // Vite puts a hash of the content into the names below assets/.
  const bool is_hashed = file.name.starts_with("assets/");
  response.headers = {
      {"ETag", etag},
      {"Cache-Control", is_hashed ? "public, max-age=31536000, immutable" : "no-cache"},
      {"Content-Type", std::string(content_type(file.name))}};
  if (file.is_gzip) response.headers.emplace_back("Content-Encoding", "gzip");
  if (request.header("if-none-match").find(etag) != std::string_view::npos) {
    response.status = 304;
    return response;
  }
  response.fixed_body = file.bytes;
  return response;
}

}  // namespace

Response asset_response(const Request& request, const std::vector<UiFile>& files) {
  if (request.method != "GET" && request.method != "HEAD") {
    return error_response(405, "Pages are only read: use GET", request.target);
  }
  const std::string name = base::join(request.segments, "/");
  if (const UiFile* file = find(files, name)) return file_response(request, *file);
  // A name with an ending is a file; all else is a page, which the UI finds by itself.
  const bool is_page =
      request.segments.empty() || request.segments.back().find('.') == std::string::npos;
  if (!is_page) return text_response(404, "There is no such file.\n");
  if (const UiFile* index = find(files, "index.html")) return file_response(request, *index);
  return page_response(
      200,
      "Outlay is running",
      "<p>This program was built without its web pages. Build them with <code>npm --prefix web ci "
      "&amp;&amp; npm --prefix web run build</code>, then build the program again. The API answers "
      "at <code>/api/v1/main/</code>.</p>");
}

}  // namespace outlay::server
