// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "flow/task.h"
#include "io/http.h"

namespace outlay::tasks {

// `http` outlives the task type.
std::unique_ptr<flow::TaskType> make_http_request(io::Http& http);
std::unique_ptr<flow::TaskType> make_http_download(io::Http& http);
std::unique_ptr<flow::TaskType> make_sse_request(io::Http& http);
std::unique_ptr<flow::PollingType> make_http_trigger(io::Http& http);

}  // namespace outlay::tasks
