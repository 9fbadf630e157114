// SPDX-License-Identifier: Apache-2.0
#include "io/process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/text.h"
#include "io/internal/system.h"

namespace outlay::io {
namespace {

/// Longer lines are handed on in pieces of this size.
constexpr std::size_t kLineMax = 4U << 20U;
/// How often the stop flag is looked at.
constexpr long long kStopPollMs = 50;

/// Cuts a stream into lines.
class LineCutter {
 public:
  LineCutter(Stream stream, const LineHandler& handler) : stream_(stream), handler_(handler) {}

  void add(std::string_view bytes) {
    while (true) {
      const std::size_t end = bytes.find('\n');
      rest_.append(bytes.substr(0, end));
      if (end == std::string_view::npos) break;
      flush();
      bytes.remove_prefix(end + 1);
    }
    if (rest_.size() >= kLineMax) flush();
  }

  void finish() {
    if (!rest_.empty()) flush();
  }

 private:
  void flush() {
    std::string_view line = rest_;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (handler_) handler_(stream_, line);
    rest_.clear();
  }

  Stream stream_;
  const LineHandler& handler_;
  std::string rest_;
};

struct Pipe {
  Descriptor read, write;
};

/// Both ends close on exec and lie above the standard streams.
base::Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return system_error("cannot make a pipe for", "a process", errno);
  Pipe out{Descriptor(ends[0]), Descriptor(ends[1])};
  for (Descriptor* end : {&out.read, &out.write}) {
    if (end->get() <= STDERR_FILENO) {
      Descriptor higher(::fcntl(end->get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
      if (!higher.is_open()) return system_error("cannot make a pipe for", "a process", errno);
      *end = std::move(higher);
    }
  }
  ::fcntl(out.read.get(), F_SETFL, O_NONBLOCK);
  return out;
}

std::string search_path(const Command& command) {
  for (const auto& [name, value] : command.environment) {
    if (name == "PATH") return value;
  }
  const char* path =
      std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): never changed after start
  return path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path;
}

base::Result<std::string> find_program(const Command& command) {
  const std::string& name = command.arguments.front();
  if (name.find('/') != std::string::npos) return name;
  const std::string path = search_path(command);
  for (const std::string& folder : base::split(path, ':')) {
    const Path candidate = Path(folder.empty() ? "." : folder) / name;
    std::error_code unknown;
    if (std::filesystem::is_regular_file(candidate, unknown) &&
        ::access(candidate.c_str(), X_OK) == 0) {
      return candidate.string();
    }
  }
  return base::not_found(fmt::format(
      "the program \"{0}\" was not found. Install it, or add its folder to PATH (now {1}).",
      name,
      path));
}

/// Owns the two settings objects of posix_spawn.
class SpawnPlan {
 public:
  SpawnPlan() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
  }

  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }

  void set_up(const Path& folder, int out, int err) {
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, out, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, err, STDERR_FILENO);
    // Libraries may have opened files without close-on-exec.
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    if (!folder.empty()) ::posix_spawn_file_actions_addchdir_np(&actions_, folder.c_str());
    sigset_t none;
    sigset_t usual;
    ::sigemptyset(&none);
    ::sigemptyset(&usual);
    for (const int number : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD})
      ::sigaddset(&usual, number);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &usual);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }

  /// 0 or an errno.
  int spawn(pid_t& process, const std::string& program, const Command& command) const {
    std::vector<std::string> settings;
    for (const auto& [name, value] : command.environment) settings.push_back(name + "=" + value);
    std::vector<char*> arguments;
    std::vector<char*> environment;
    for (const std::string& text : command.arguments)
      arguments.push_back(const_cast<char*>(text.c_str()));
    for (std::string& text : settings) environment.push_back(text.data());
    arguments.push_back(nullptr);
    environment.push_back(nullptr);
    return ::posix_spawn(
        &process, program.c_str(), &actions_, &attributes_, arguments.data(), environment.data());
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

/// A running process group. Its leader is reaped last, so that the group's number stays ours until
/// then.
class Group {
 public:
  explicit Group(pid_t leader)
      : leader_(leader), watch_(static_cast<int>(::syscall(SYS_pidfd_open, leader, 0))) {}

  /// Becomes readable when the leader ends; -1 where the kernel has no such thing.
  int watch() const { return watch_.get(); }

  void signal(int number) const { ::kill(-leader_, number); }

  bool has_ended() {
    if (!has_ended_) {
      siginfo_t info{};
      has_ended_ =
          ::waitid(P_PID, static_cast<id_t>(leader_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
          info.si_pid == leader_;
    }
    return has_ended_;
  }

  /// Ends what is left of the group and answers the leader's exit status, or 128 + signal.
  int reap() const {
    signal(SIGKILL);
    int status = 0;
    while (::waitpid(leader_, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }

 private:
  pid_t leader_;
  Descriptor watch_;
  bool has_ended_ = false;
};

/// Reads both streams until the process has ended, and ends it when it must.
class Watcher {
 public:
  Watcher(
      const Command& command,
      Group group,
      Descriptor out,
      Descriptor err,
      const LineHandler& on_line)
      : command_(command),
        group_(std::move(group)),
        streams_{std::move(out), std::move(err)},
        cutters_{LineCutter(Stream::out, on_line), LineCutter(Stream::err, on_line)},
        started_(monotonic_ms()) {}

  ProcessEnd run() {
    while (!is_done()) {
      wait();
      read_all();
      end_when_asked();
    }
    read_all();
    for (LineCutter& cutter : cutters_) cutter.finish();
    end_.exit_status = group_.reap();
    return end_;
  }

 private:
  /// Ended, and everything that was written has been read. Background children of a finished leader
  /// may hold the streams open: they get the grace, those of a killed one get nothing.
  bool is_done() {
    if (!group_.has_ended()) return false;
    if (!streams_[0].is_open() && !streams_[1].is_open()) return true;
    const long long now = monotonic_ms();
    if (leader_ended_ < 0) leader_ended_ = now;
    if (killed_at_ >= 0) return true;
    return now - leader_ended_ >= command_.grace.count() || is_ending();
  }

  bool is_ending() const { return end_.stopped || end_.timed_out; }

  void wait() {
    std::array<pollfd, 3> polled{};
    nfds_t count = 0;
    for (const Descriptor& stream : streams_) {
      if (stream.is_open()) polled.at(count++) = {stream.get(), POLLIN, 0};
    }
    const bool is_watched = group_.watch() >= 0 && leader_ended_ < 0;
    if (is_watched) polled.at(count++) = {group_.watch(), POLLIN, 0};
    ::poll(polled.data(), count, static_cast<int>(patience(is_watched)));
  }

  long long patience(bool is_watched) const {
    long long out = 1000;
    if (command_.stop != nullptr || !is_watched) out = kStopPollMs;
    const long long now = monotonic_ms();
    if (command_.timeout && !is_ending())
      out = std::min(out, started_ + command_.timeout->count() - now);
    if (is_ending() && killed_at_ < 0)
      out = std::min(out, asked_at_ + command_.grace.count() - now);
    return std::max(out, 0LL);
  }

  void read_all() {
    std::array<char, 65'536> block;
    for (std::size_t i = 0; i < streams_.size(); ++i) {
      // Bounded, so that a child that never stops writing can still be stopped.
      for (int round = 0; round < 64 && streams_.at(i).is_open(); ++round) {
        const ssize_t count = ::read(streams_.at(i).get(), block.data(), block.size());
        if (count > 0) {
          cutters_.at(i).add({block.data(), static_cast<std::size_t>(count)});
        } else if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
          streams_.at(i).reset();
        } else if (errno == EAGAIN) {
          break;
        }
      }
    }
  }

  void end_when_asked() {
    const long long now = monotonic_ms();
    if (!is_ending()) {
      end_.stopped = command_.stop != nullptr && command_.stop->load();
      end_.timed_out =
          !end_.stopped && command_.timeout && now - started_ >= command_.timeout->count();
      if (is_ending()) {
        asked_at_ = now;
        group_.signal(SIGTERM);
      }
    } else if (killed_at_ < 0 && now - asked_at_ >= command_.grace.count()) {
      killed_at_ = now;
      group_.signal(SIGKILL);
    }
  }

  const Command& command_;
  Group group_;
  std::array<Descriptor, 2> streams_;
  std::array<LineCutter, 2> cutters_;
  ProcessEnd end_;
  long long started_;
  long long asked_at_ = -1;
  long long killed_at_ = -1;
  long long leader_ended_ = -1;
};

}  // namespace

base::Result<ProcessEnd> run_process(const Command& command, const LineHandler& on_line) {
  if (command.arguments.empty()) return base::invalid_input("no program was given to run");
  const std::string program = TRY(find_program(command));
  Pipe out = TRY(make_pipe());
  Pipe err = TRY(make_pipe());
  SpawnPlan plan;
  plan.set_up(command.folder, out.write.get(), err.write.get());
  pid_t process = 0;
  if (const int failed = plan.spawn(process, program, command); failed != 0) {
    std::error_code unknown;
    if (!command.folder.empty() && !std::filesystem::is_directory(command.folder, unknown)) {
      return base::not_found(fmt::format(
          "cannot run {} in {}: there is no such folder", program, command.folder.string()));
    }
    return system_error("cannot run", program, failed);
  }
  out.write.reset();
  err.write.reset();
  return Watcher(command, Group(process), std::move(out.read), std::move(err.read), on_line).run();
}

}  // namespace outlay::io
