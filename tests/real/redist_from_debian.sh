#!/bin/sh
# Lays out genuine files of CUDA 11.8 as NVIDIA's redist archives have them.
#
#   sh redist_from_debian.sh DEB WHEELS OUT
#
# DEB is Debian's nvidia-cuda-toolkit, which has NVIDIA's compiler; WHEELS holds NVIDIA's wheels of the
# runtime, the crt headers and CCCL. nvcc asks the linker for cudadevrt always; the wheels lack it, and
# an empty archive serves programs whose kernels start no kernels.
set -eu

deb=$1
wheels=$2
out=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# pack COMPONENT: from $work/COMPONENT to $out
pack() {
    top=$1-linux-x86_64-11.8.89-archive
    mv "$work/$1" "$work/$top"
    tar -C "$work" -c --owner=0 --group=0 "$top" | xz -0 -T0 >"$out/$top.tar.xz"
}

dpkg-deb -x "$deb" "$work/deb"
for wheel in "$wheels"/*.whl; do
    python3 -m zipfile -e "$wheel" "$work/wheels"
done
find "$work/wheels" -name __init__.py -exec rm {} +

nvcc=$work/cuda_nvcc
debian=$work/deb/usr/lib/nvidia-cuda-toolkit
nvidia=$work/wheels/nvidia
mkdir -p "$nvcc/bin" "$nvcc/nvvm/bin"
for tool in ptxas fatbinary nvlink cudafe++ bin2c __nvcc_device_query; do
    cp "$work/deb/usr/bin/$tool" "$nvcc/bin/"
done
cp -r "$debian/bin/nvcc" "$debian/bin/crt" "$nvcc/bin/"
cp "$debian/bin/cicc" "$nvcc/nvvm/bin/"
cp -r "$nvidia/cuda_nvcc/include" "$nvcc/"
cp -r "$nvidia/cuda_nvcc/nvvm/." "$nvcc/nvvm/"
mv "$nvcc/nvvm/lib64/libnvvm.so" "$nvcc/nvvm/lib64/libnvvm.so.4"
ln -s libnvvm.so.4 "$nvcc/nvvm/lib64/libnvvm.so"
# Debian's own leads to /usr; an archive's begins at the directory of nvcc.
cat >"$nvcc/bin/nvcc.profile" <<'END'
TOP = $(_HERE_)/..
NVVMIR_LIBRARY_DIR = $(TOP)/$(_NVVM_BRANCH_)/libdevice
PATH += $(TOP)/$(_NVVM_BRANCH_)/bin:$(_HERE_):
INCLUDES += "-I$(TOP)/$(_TARGET_DIR_)/include" $(_SPACE_)
LIBRARIES =+ $(_SPACE_) "-L$(TOP)/$(_TARGET_DIR_)/lib$(_TARGET_SIZE_)/stubs" "-L$(TOP)/$(_TARGET_DIR_)/lib$(_TARGET_SIZE_)"
END

cudart=$work/cuda_cudart
mkdir -p "$cudart/lib"
cp -r "$nvidia/cuda_runtime/include" "$cudart/"
cp "$nvidia/cuda_runtime/lib/libcudart.so.11.0" "$cudart/lib/libcudart.so.11.8.89"
ln -s libcudart.so.11.8.89 "$cudart/lib/libcudart.so.11.0"
ln -s libcudart.so.11.0 "$cudart/lib/libcudart.so"
printf '!<arch>\n' >"$cudart/lib/libcudadevrt.a"

mkdir -p "$work/cuda_cccl"
cp -r "$nvidia/cuda_cccl/include" "$work/cuda_cccl/"

mkdir -p "$out"
for component in cuda_nvcc cuda_cudart cuda_cccl; do
    licence=$(find "$work/wheels" -name License.txt | head -n 1)
    cp "$licence" "$work/$component/LICENSE"
    pack "$component"
done
