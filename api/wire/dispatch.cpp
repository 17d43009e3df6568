#include "api/wire/dispatch.hpp"

namespace enibox::api {

class Dispatcher::Impl {
 public:
  Impl(BarrierGate& gate, DispatcherOptions options) : gate_(gate), options_(std::move(options)) {}

  BarrierGate& gate_;
  DispatcherOptions options_;
};

Dispatcher::Dispatcher(BarrierGate& gate, DispatcherOptions options)
    : impl_(std::make_unique<Impl>(gate, std::move(options))) {}
Dispatcher::~Dispatcher() = default;

void Dispatcher::add(Service) {}

void Dispatcher::handle(const HttpRequest&, Reply reply) {
  reply({400,
         {{"Content-Type", "application/x-amz-json-1.1"}},
         R"({"__type":"UnknownOperationException"})"});
}

std::vector<Coverage> Dispatcher::coverage() const { return {}; }

}  // namespace enibox::api
