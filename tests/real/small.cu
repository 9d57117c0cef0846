// The least program that needs a compiler for the device, the headers and the runtime.
#include <cstdio>
#include <cuda_runtime.h>

__global__ void nothing() {}

int main() {
    int version = 0;
    cudaRuntimeGetVersion(&version);
    std::printf("runtime %d.%d\n", version / 1000, version % 1000 / 10);
    return 0;
}
