// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "flow/task.h"

namespace outlay::tasks {

/// io.kestra.plugin.fs.sftp.{Upload,Uploads,Download,Downloads,List,Delete,Move}.
std::vector<std::unique_ptr<flow::TaskType>> make_sftp_tasks();
/// io.kestra.plugin.fs.sftp.Trigger: fires for new files of a folder.
std::unique_ptr<flow::PollingType> make_sftp_trigger();
/// io.kestra.plugin.fs.ssh.Command, by the ssh program of this machine.
std::unique_ptr<flow::TaskType> make_ssh_command();

}  // namespace outlay::tasks
