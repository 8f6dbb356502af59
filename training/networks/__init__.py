"""Ready networks, each with its width as a parameter."""

from snnrt.training.networks.dense import dense
from snnrt.training.networks.pooled_vgg import pooled_vgg
from snnrt.training.networks.resnet import resnet19
from snnrt.training.networks.separable import separable
from snnrt.training.networks.vgg import small_vgg, vgg, vgg8, vgg9, vgg16

__all__ = ["dense", "pooled_vgg", "resnet19", "separable", "small_vgg", "vgg", "vgg8", "vgg9", "vgg16"]
