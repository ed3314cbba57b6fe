"""What OpenAI refuses."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from wacloud.twins.openai.state import MODELS, MOST_TOKENS, Model, State
from wacloud.twins.openai.wire import Refused

_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
LONGEST_IDENTIFIER = 64
LARGEST_PICTURE = 20 * 1024 * 1024
_PARTS = {
    "responses": ("input_text", "output_text", "refusal", "input_image", "input_file"),
    "chat": ("text", "image_url", "refusal"),
}
_DATA_URL = re.compile(r"data:(image/[a-z]+);base64,")
_BEGINS = {"image/jpeg": b"\xff\xd8", "image/png": b"\x89PNG", "image/webp": b"RIFF", "image/gif": b"GIF8"}


def check_key(state: State, authorization: str) -> str:
    """The key, or a 401."""
    key = authorization.removeprefix("Bearer ").strip()
    if state.small:
        return key
    if not authorization.startswith("Bearer ") or not key:
        raise Refused("You didn't provide an API key.", status=401)
    if state.key and key != state.key:
        raise Refused(f"Incorrect API key provided: {key[:3]}***.", status=401, code="invalid_api_key")
    return key


def check_model(state: State, name: object) -> Model:
    """The model, or what OpenAI says to one it does not know or no longer serves."""
    if not isinstance(name, str) or not name:
        raise Refused("you must provide a model parameter")
    model = MODELS.get(_SNAPSHOT.sub("", name))
    if model is None:
        told = f"The model `{name}` does not exist or you do not have access to it."
        raise Refused(told, status=404, code="model_not_found")
    if model.ends is not None and state.day() >= model.ends:
        raise Refused(f"The model `{name}` has been deprecated.", status=404, code="model_not_found")
    return model


def check_thinking(state: State, model: Model, effort: object, asked: Mapping[str, Any], param: str) -> None:
    """Effort is for models that think; a temperature is not, unless they are told not to think."""
    if effort is not None:
        if not model.thinks:
            raise Refused(f"Unsupported parameter: '{param}'.", code="unsupported_parameter", param=param)
        if effort not in state.efforts:
            raise Refused(f"Unsupported value: '{effort}'.", code="unsupported_value", param=param)
    if model.thinks and (effort or "medium") != "none":
        for name in ("temperature", "top_p"):
            if asked.get(name) is not None:
                told = f"Unsupported parameter: '{name}' is not supported with this model."
                raise Refused(told, code="unsupported_parameter", param=name)
    temperature = asked.get("temperature")
    if temperature is not None and not (isinstance(temperature, int | float) and 0 <= temperature <= 2):
        raise Refused("Invalid 'temperature'.", code="decimal_above_max_value", param="temperature")


def check_common(asked: Mapping[str, Any], most: object, param: str) -> None:
    """Lengths and counts."""
    if most is not None and (not isinstance(most, int) or most < 16 or most > 128_000):
        raise Refused(f"Invalid '{param}'.", code="integer_out_of_range", param=param)
    identifier = asked.get("safety_identifier")
    if identifier is not None and len(str(identifier)) > LONGEST_IDENTIFIER:
        raise Refused("Invalid 'safety_identifier': string too long.", code="string_above_max_length")


def check_size(tokens: int) -> None:
    """The context window."""
    if tokens > MOST_TOKENS:
        raise Refused("Your input exceeds the context window of this model.", code="context_length_exceeded")


def check_pictures(content: object, kind: str, param: str) -> None:
    """Parts of a message: pictures are data URLs of a kind it reads, and not too large."""
    if not isinstance(content, list):
        return
    for at, part in enumerate(content):
        place = f"{param}[{at}]"
        if not isinstance(part, Mapping) or part.get("type") not in _PARTS[kind]:
            raise Refused(f"Invalid value for '{place}.type'.", code="invalid_value", param=f"{place}.type")
        told = part.get("image_url")
        if part["type"] == "image_url":
            told = told.get("url") if isinstance(told, Mapping) else None
        if part["type"] in ("input_image", "image_url"):
            _check_picture(told, place)


def _check_picture(url: object, param: str) -> None:
    found = _DATA_URL.match(url) if isinstance(url, str) else None
    if found is None:
        raise Refused("Invalid image data URL.", code="invalid_value", param=param)
    if found[1] not in ("image/jpeg", "image/png", "image/webp", "image/gif"):
        told = "You uploaded an unsupported image. Please make sure your image is valid."
        raise Refused(told, code="invalid_image_format", param=param)
    try:
        data = base64.b64decode(str(url)[found.end() :], validate=True)
    except ValueError:
        raise Refused("Invalid base64 image_url.", code="invalid_base64", param=param) from None
    if len(data) > LARGEST_PICTURE:
        raise Refused("The image is too large.", code="image_too_large", param=param)
    if not data.startswith(_BEGINS[found[1]]):
        raise Refused("The image data does not represent a valid image.", code="invalid_image", param=param)


def check_schema(schema: object, param: str) -> None:
    """A strict schema closes every object and requires every property."""
    if not isinstance(schema, Mapping):
        raise Refused("Invalid schema.", code="invalid_json_schema", param=param)
    for place, part in _objects(schema, ""):
        if part.get("additionalProperties") is not False:
            told = f"Invalid schema: In context=({place}), 'additionalProperties' is required to be false."
            raise Refused(told, code="invalid_json_schema", param=param)
        properties = part.get("properties") or {}
        if set(part.get("required") or ()) != set(properties):
            told = f"Invalid schema: In context=({place}), 'required' has to include every key in properties."
            raise Refused(told, code="invalid_json_schema", param=param)


def check_tool(name: object, parameters: object, strict: object, param: str) -> None:
    """A function's name and its arguments."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise Refused(f"Invalid '{param}'.", code="invalid_value", param=param)
    if strict:
        check_schema(parameters, param)


def check_roles(messages: object, allowed: Iterable[str], param: str) -> Sequence[Mapping[str, Any]]:
    """A list of messages of roles that exist."""
    if not isinstance(messages, list) or not messages:
        raise Refused(f"Invalid '{param}': empty array.", code="empty_array", param=param)
    for at, message in enumerate(messages):
        if not isinstance(message, Mapping):
            raise Refused(f"Invalid type for '{param}[{at}]'.", code="invalid_type", param=f"{param}[{at}]")
        if "role" in message and message["role"] not in allowed:
            told = f"Invalid value: '{message['role']}'."
            raise Refused(told, code="invalid_value", param=f"{param}[{at}].role")
    return messages


def _objects(schema: Mapping[str, Any], place: str) -> Iterable[tuple[str, Mapping[str, Any]]]:
    kind = schema.get("type")
    if kind == "object" or (isinstance(kind, list) and "object" in kind) or "properties" in schema:
        yield place, schema
    for name, part in (schema.get("properties") or {}).items():
        if isinstance(part, Mapping):
            yield from _objects(part, f"{place}.{name}")
    items = schema.get("items")
    if isinstance(items, Mapping):
        yield from _objects(items, f"{place}[]")
    for part in schema.get("anyOf") or ():
        if isinstance(part, Mapping):
            yield from _objects(part, place)
