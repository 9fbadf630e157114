// SPDX-License-Identifier: Apache-2.0
#include <fstream>

#include "base/text.h"
#include "tasks/http/http.h"
#include "tasks/http/request_parts.h"
#include "tasks/properties.h"
#include "tasks/spec.h"

namespace outlay::tasks {
namespace {

/// A file name from a URL: its last piece, with only harmless characters.
std::string name_from(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  std::string out;
  for (const char c : url.substr(url.rfind('/') + 1)) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    out += is_plain ? c : '_';
  }
  return out.empty() || out.front() == '.' ? "download" + out : out;
}

class HttpDownloadTask final : public SpecTask {
 public:
  explicit HttpDownloadTask(io::Http& http) : SpecTask("http/download.yaml"), http_(http) {}

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const format::Value& properties) const override {
    PreparedRequest prepared = TRY(prepare_request(context, properties));
    std::string name = TRY(flow::text_property(context, properties, "saveAs"));
    if (name.empty()) name = name_from(prepared.request.url);
    const bool fails_when_empty =
        TRY(flag_property(context, properties, "failOnEmptyResponse", true));

    const io::Path path = TRY(context.working_folder()) / ".download";
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    std::int64_t length = 0;
    std::string begin;
    prepared.request.body_sink = [&](std::string_view bytes) -> base::Result<base::Done> {
      if (begin.size() < 500) begin.append(bytes.substr(0, 500));
      length += static_cast<std::int64_t>(bytes.size());
      if (file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()))) return base::Done{};
      return base::Error{
          base::Code::exhausted, "cannot write the download; is the disk full?", {}, nullptr};
    };
    io::HttpAnswer answer = TRY(http_.send(prepared.request));
    file.close();
    if (!file) {
      return base::Error{
          base::Code::exhausted, "cannot write the download; is the disk full?", {}, nullptr};
    }
    if (!prepared.allowed.contain(answer.status)) {
      answer.body = begin;
      return refused(prepared.request, answer);
    }
    if (length == 0 && fails_when_empty) {
      return base::unavailable(
          "the answer is empty; set failOnEmptyResponse: false when that is fine");
    }
    flow::TaskEnd end;
    end.outputs.set("uri", TRY(context.store_file(path, name)));
    end.outputs.set("code", answer.status);
    end.outputs.set("length", length);
    end.outputs.set("headers", headers_value(answer.headers));
    TRY(io::remove_tree(path));
    return end;
  }

 private:
  io::Http& http_;
};

}  // namespace

std::unique_ptr<flow::TaskType> make_http_download(io::Http& http) {
  return std::make_unique<HttpDownloadTask>(http);
}

}  // namespace outlay::tasks
