// A first CUDA program: says what it runs on, adds two vectors with Thrust and checks the sum.
//
// Without a driver or a GPU it says so and succeeds: that it started at all shows that the compiler,
// the headers and the runtime library of the toolkit work together. It fails only where a GPU was
// there and the sum was not right. Plain C++03, so that every toolkit from 7.5 on can compile it.

#include <cstdio>
#include <exception>

#include <cuda_runtime.h>
#include <thrust/device_vector.h>
#include <thrust/functional.h>
#include <thrust/host_vector.h>
#include <thrust/sequence.h>
#include <thrust/transform.h>

static const int LENGTH = 1 << 20;

static void print_version(const char *name, int version) {
    std::printf("%-8s %d.%d\n", name, version / 1000, version % 1000 / 10);
}

// Prints the versions; returns whether a driver is there at all.
static bool describe_versions() {
    int runtime = 0;
    int driver = 0;
    // Without a driver, runtimes of 11.x don't tell their version.
    if (cudaRuntimeGetVersion(&runtime) != cudaSuccess || runtime == 0) {
        runtime = CUDART_VERSION;
    }
    cudaDriverGetVersion(&driver);
    print_version("runtime", runtime);
    if (driver == 0) {
        std::printf("no NVIDIA driver here: expected on a machine without a GPU\n");
        return false;
    }
    print_version("driver", driver);
    return true;
}

// Returns the number of devices, 0 where there is none or the driver can't serve this runtime.
static int describe_devices() {
    int count = 0;
    const cudaError_t status = cudaGetDeviceCount(&count);
    if (status != cudaSuccess) {
        std::printf("devices  0 (%s)\n", cudaGetErrorString(status));
        return 0;
    }
    std::printf("devices  %d\n", count);
    for (int index = 0; index < count; ++index) {
        cudaDeviceProp device;
        if (cudaGetDeviceProperties(&device, index) == cudaSuccess) {
            std::printf("  %d: %s, compute capability %d.%d\n", index, device.name, device.major, device.minor);
        }
    }
    return count;
}

// Adds 0, 1, 2, ... to 0, 2, 4, ... on the GPU and compares with the sum computed here.
static bool add_vectors() {
    thrust::device_vector<int> ones(LENGTH);
    thrust::device_vector<int> twos(LENGTH);
    thrust::device_vector<int> sums(LENGTH);
    thrust::sequence(ones.begin(), ones.end());
    thrust::sequence(twos.begin(), twos.end(), 0, 2);
    thrust::transform(ones.begin(), ones.end(), twos.begin(), sums.begin(), thrust::plus<int>());
    const thrust::host_vector<int> result = sums;
    for (int index = 0; index < LENGTH; ++index) {
        if (result[index] != 3 * index) {
            std::fprintf(stderr, "wrong: element %d is %d, expected %d\n", index, result[index], 3 * index);
            return false;
        }
    }
    std::printf("vector add of %d elements: correct\n", LENGTH);
    return true;
}

int main() {
    if (!describe_versions() || describe_devices() == 0) {
        return 0;
    }
    try {
        return add_vectors() ? 0 : 1;
    } catch (const std::exception &error) {
        std::fprintf(stderr, "wrong: the GPU gave no result: %s\n", error.what());
        return 1;
    }
}
