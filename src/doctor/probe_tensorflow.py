# Asks TensorFlow whether it sees a GPU. Prints lines that cudaman shows; exits with 1 where it does not.
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "0"
try:
    import tensorflow as tf
except Exception as error:
    print("import tensorflow: %s" % error)
    sys.exit(1)
print("tensorflow %s" % tf.__version__)
if not tf.test.is_built_with_cuda():
    print("this TensorFlow is built without CUDA")
    sys.exit(1)
from tensorflow.python.client import device_lib

gpus = [device for device in device_lib.list_local_devices() if device.device_type == "GPU"]
for gpu in gpus:
    print("GPU: %s" % gpu.physical_device_desc)
if not gpus:
    print("TensorFlow sees no GPU and computes on the CPU")
    sys.exit(1)
