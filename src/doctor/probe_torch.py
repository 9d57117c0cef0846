# Asks PyTorch whether it sees a GPU. Prints lines that cudaman shows; exits with 1 where it does not.
import sys

try:
    import torch
except Exception as error:
    print("import torch: %s" % error)
    sys.exit(1)
print("torch %s, built with CUDA %s" % (torch.__version__, torch.version.cuda))
if torch.version.cuda is None:
    print("Torch not compiled with CUDA enabled")
    sys.exit(1)
try:
    torch.zeros(1).cuda()
except Exception as error:
    print("no GPU: %s" % error)
    sys.exit(1)
for index in range(torch.cuda.device_count()):
    print("GPU %d: %s, compute capability %d.%d" % ((index, torch.cuda.get_device_name(index)) + torch.cuda.get_device_capability(index)))
