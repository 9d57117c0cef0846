// Asks the GPU itself: adds numbers there and says who did it. Compiles with every CUDA from 7.5 on.
#include <cstdio>
#include <cuda_runtime.h>

__global__ void add(const int *a, const int *b, int *sum) {
    int index = blockIdx.x * blockDim.x + threadIdx.x;
    sum[index] = a[index] + b[index];
}

static int failed(const char *what, cudaError_t error) {
    std::printf("%s: %s (error %d)\n", what, cudaGetErrorString(error), static_cast<int>(error));
    return 1;
}

int main() {
    const int count = 1024;
    int runtime = 0, driver = 0, devices = 0;
    cudaRuntimeGetVersion(&runtime);
    cudaDriverGetVersion(&driver);
    std::printf("CUDA runtime %d.%d", runtime / 1000, runtime % 1000 / 10);
    if (driver == 0) {
        std::printf(": Found no NVIDIA driver on your system\n");
        return 1;
    }
    std::printf(", driver up to %d.%d\n", driver / 1000, driver % 1000 / 10);
    cudaError_t error = cudaGetDeviceCount(&devices);
    if (error != cudaSuccess) return failed("no GPU answers", error);
    static int a[count], b[count], sum[count];
    for (int i = 0; i < count; ++i) { a[i] = i; b[i] = 2 * i; }
    for (int device = 0; device < devices; ++device) {
        cudaDeviceProp properties;
        if ((error = cudaSetDevice(device)) != cudaSuccess) return failed("cudaSetDevice", error);
        if ((error = cudaGetDeviceProperties(&properties, device)) != cudaSuccess) return failed("cudaGetDeviceProperties", error);
        int *memory = 0;
        if ((error = cudaMalloc(&memory, 3 * sizeof a)) != cudaSuccess) return failed("cudaMalloc", error);
        cudaMemcpy(memory, a, sizeof a, cudaMemcpyHostToDevice);
        cudaMemcpy(memory + count, b, sizeof b, cudaMemcpyHostToDevice);
        add<<<count / 256, 256>>>(memory, memory + count, memory + 2 * count);
        if ((error = cudaGetLastError()) != cudaSuccess) return failed("the kernel did not start", error);
        error = cudaMemcpy(sum, memory + 2 * count, sizeof sum, cudaMemcpyDeviceToHost);
        if (error != cudaSuccess) return failed("the kernel failed", error);
        cudaFree(memory);
        for (int i = 0; i < count; ++i) {
            if (sum[i] != 3 * i) { std::printf("GPU %d adds wrong: %d + %d gave %d\n", device, a[i], b[i], sum[i]); return 1; }
        }
        std::printf("GPU %d: %s, compute capability %d.%d, %lu MiB: the kernel ran and added right\n", device, properties.name,
                    properties.major, properties.minor, static_cast<unsigned long>(properties.totalGlobalMem >> 20));
    }
    return 0;
}
