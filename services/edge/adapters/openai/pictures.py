"""A picture in a data URL. Other URLs are refused: nobody here fetches what a caller names."""

import base64
import binascii
import re
from typing import get_args

from services.edge.adapters.openai.requests import UnsupportedParameter
from shared.errors import InvalidRequest
from shared.messages import ImageContent
from shared.messages.turns import MAX_IMAGE_BYTES, ImageType

_DATA = re.compile(r"data:(?P<type>[a-z]+/[a-z0-9.+-]+);base64,")


def to_picture(url: str, param: str) -> ImageContent:
    """Whether the bytes are a picture is for the engine to say. Raises `InvalidRequest`."""
    found = _DATA.match(url)
    if found is None:
        raise UnsupportedParameter("A picture comes as a data URL here: data:image/png;base64,…", param=param)
    kind = next((one for one in get_args(ImageType) if one == found["type"]), None)
    if kind is None:
        raise InvalidRequest(f"Pictures of type '{found['type']}' are not read here.", param=param)
    try:
        data = base64.b64decode(url[found.end() :], validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidRequest("The picture is not in base64.", param=param) from error
    if not 0 < len(data) <= MAX_IMAGE_BYTES:
        raise InvalidRequest(f"A picture has 1 to {MAX_IMAGE_BYTES} bytes.", param=param)
    return ImageContent(kind, data)
