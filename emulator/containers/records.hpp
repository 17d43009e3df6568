#pragma once
#include "emulator/containers/runtime_context.hpp"

// What a later daemon must know of what this one started: small JSON files beside each host, pod
// and container.
namespace enibox::containers {

void write_record(const Host& host);
void write_record(const Pod& pod);
void write_record(const Container& container);

// Fill in what the file says; `layout` and ids are set by the caller. False: there is no (whole)
// record.
bool read_record(Host& host);
bool read_record(Pod& pod);              // pod.host is set
bool read_record(Container& container);  // container.host is set

}  // namespace enibox::containers
