// A plug-in of Paddle as hardware makers write them, whose two devices "paper" are memory of this machine.
#include <cstdlib>
#include <cstring>
#include <initializer_list>

#include "paddle/phi/backends/device_ext.h"

namespace {
int current = 0;

C_Status done() { return C_SUCCESS; }
C_Status done_on(const C_Device) { return C_SUCCESS; }
C_Status select(const C_Device device) {
  current = device->id;
  return C_SUCCESS;
}
C_Status selected(const C_Device device) {
  device->id = current;
  return C_SUCCESS;
}
C_Status make_stream(const C_Device, C_Stream* stream) {
  *stream = nullptr;
  return C_SUCCESS;
}
C_Status with_stream(const C_Device, C_Stream) { return C_SUCCESS; }
C_Status make_event(const C_Device, C_Event* event) {
  *event = nullptr;
  return C_SUCCESS;
}
C_Status with_event(const C_Device, C_Event) { return C_SUCCESS; }
C_Status record(const C_Device, C_Stream, C_Event) { return C_SUCCESS; }
C_Status call_back(const C_Device, C_Stream, C_Callback, void*) { return C_SUCCESS; }
C_Status take(const C_Device, void** memory, size_t size) {
  *memory = std::malloc(size);
  return *memory ? C_SUCCESS : C_FAILED;
}
C_Status give_back(const C_Device, void* memory, size_t) {
  std::free(memory);
  return C_SUCCESS;
}
C_Status copy(const C_Device, void* to, const void* from, size_t size) {
  std::memcpy(to, from, size);
  return C_SUCCESS;
}
C_Status copy_in_stream(const C_Device device, C_Stream, void* to, const void* from, size_t size) {
  return copy(device, to, from, size);
}
C_Status copy_across(const C_Device to_device, const C_Device, void* to, const void* from, size_t size) {
  return copy(to_device, to, from, size);
}
C_Status memory(const C_Device, size_t* total, size_t* free) {
  *total = *free = size_t{1} << 30;
  return C_SUCCESS;
}
C_Status block(const C_Device, size_t* size) {
  *size = 64;
  return C_SUCCESS;
}
C_Status count(size_t* number) {
  *number = 2;
  return C_SUCCESS;
}
C_Status list(size_t* numbers) {
  numbers[0] = 0;
  numbers[1] = 1;
  return C_SUCCESS;
}
}  // namespace

extern "C" void InitPlugin(CustomRuntimeParams* params) {
  PADDLE_CUSTOM_RUNTIME_CHECK_VERSION(params);
  params->device_type = const_cast<char*>("paper");
  params->sub_device_type = const_cast<char*>("v1");
  C_DeviceInterface& device = *params->interface;
  std::memset(params->interface, 0, sizeof(C_DeviceInterface));
  device.size = sizeof(C_DeviceInterface);
  device.initialize = device.finalize = done;
  device.init_device = device.deinit_device = device.synchronize_device = done_on;
  device.set_device = select;
  device.get_device = selected;
  device.create_stream = make_stream;
  device.destroy_stream = device.query_stream = device.synchronize_stream = with_stream;
  device.create_event = make_event;
  device.destroy_event = device.query_event = device.synchronize_event = with_event;
  device.record_event = record;
  device.stream_wait_event = [](const C_Device, C_Stream, C_Event) { return C_SUCCESS; };
  device.stream_add_callback = call_back;
  device.device_memory_allocate = device.host_memory_allocate = take;
  device.device_memory_deallocate = device.host_memory_deallocate = give_back;
  device.memory_copy_h2d = device.memory_copy_d2h = device.memory_copy_d2d = copy;
  device.async_memory_copy_h2d = device.async_memory_copy_d2h = device.async_memory_copy_d2d = copy_in_stream;
  device.memory_copy_p2p = copy_across;
  device.device_memory_stats = memory;
  device.device_min_chunk_size = block;
  device.get_device_count = count;
  device.get_device_list = list;
  device.get_compute_capability = device.get_runtime_version = device.get_driver_version = block;
}
