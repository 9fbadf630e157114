// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "flow/task.h"

namespace outlay::tasks {

// Tasks that need nothing but their context; each is described in the spec file of its name.
std::unique_ptr<flow::TaskType> make_log();
std::unique_ptr<flow::TaskType> make_return();
std::unique_ptr<flow::TaskType> make_output_values();
std::unique_ptr<flow::TaskType> make_fail();
std::unique_ptr<flow::TaskType> make_assert();
std::unique_ptr<flow::TaskType> make_sleep();
std::unique_ptr<flow::TaskType> make_echo();
std::unique_ptr<flow::TaskType> make_storage_write();
std::unique_ptr<flow::TaskType> make_storage_concat();
std::unique_ptr<flow::TaskType> make_storage_split();
std::unique_ptr<flow::TaskType> make_storage_reverse();
std::unique_ptr<flow::TaskType> make_storage_size();
std::unique_ptr<flow::TaskType> make_storage_delete();
std::unique_ptr<flow::TaskType> make_storage_local_files();
std::unique_ptr<flow::TaskType> make_storage_filter_items();
std::unique_ptr<flow::TaskType> make_storage_deduplicate_items();
std::unique_ptr<flow::TaskType> make_metric_publish();
/// `registry` outlives the task type.
std::unique_ptr<flow::TaskType> make_templated_task(const flow::TaskRegistry& registry);

}  // namespace outlay::tasks
