"""Makes the files beside it, with real PyTorch. Run once per torch version: python make.py torch113 | torch26."""
import collections, json, sys
import torch

name = sys.argv[1]
torch.manual_seed(7)


def tensors():
    base = torch.arange(24, dtype=torch.float32).reshape(4, 6) / 4 - 3
    weight = torch.nn.Linear(3, 2).weight
    out = collections.OrderedDict()
    out["f32"] = base.clone()
    out["f64"] = torch.tensor([1 / 3, -2.5], dtype=torch.float64)
    out["f16"] = torch.tensor([[1.5, -0.1, 65504.0]], dtype=torch.float16)
    out["bf16"] = torch.tensor([3.140625, -1e30], dtype=torch.bfloat16)
    out["i64"] = torch.tensor([-5, 2**40])
    out["i32"] = torch.tensor([-7, 8], dtype=torch.int32)
    out["i16"] = torch.tensor([-300, 300], dtype=torch.int16)
    out["i8"] = torch.tensor([-128, 127], dtype=torch.int8)
    out["u8"] = torch.tensor([0, 255], dtype=torch.uint8)
    out["bool"] = torch.tensor([True, False, True])
    out["scalar"] = torch.tensor(2.25)
    out["empty"] = torch.zeros(0, 3)
    out["parameter"] = torch.nn.Parameter(weight.detach().clone())
    out["view"] = base[1:3]
    out["transposed"] = base.t()
    out["strided"] = base[:, 1::2]
    out["permuted"] = torch.arange(24, dtype=torch.float16).reshape(2, 3, 4).permute(2, 0, 1)
    out["tied.a"] = base
    out["tied.b"] = base
    out["position_ids"] = torch.arange(5).expand((1, -1))
    return out


plain = tensors()
for protocol in (2, 3, 4, 5):
    torch.save(plain, f"{name}-protocol{protocol}.bin", pickle_protocol=protocol)
torch.save(plain, f"{name}-legacy.bin", _use_new_zipfile_serialization=False)
module = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2))
torch.save(module.state_dict(), f"{name}-module.bin")  # an OrderedDict with _metadata
torch.save({"model": plain, "step": 3}, f"{name}-nested.bin")
torch.save(module, f"{name}-whole-module.bin")
if name == "torch26":
    wide = {"u16": torch.tensor([1, 65535], dtype=torch.uint16), "u32": torch.tensor([2**32 - 1], dtype=torch.uint32)}
    torch.save(wide, f"{name}-untyped.bin")

expected = {}
for file, state in (("protocol", plain), ("module", module.state_dict())):
    expected[file] = {
        key: {"shape": list(value.shape), "values": value.detach().to(torch.float32).contiguous().flatten().tolist()}
        for key, value in state.items()
    }
with open(f"{name}-expected.json", "w") as f:
    json.dump({"torch": torch.__version__, **expected}, f)
