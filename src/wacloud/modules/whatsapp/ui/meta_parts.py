"""The parts of Meta's messages that have an inside: media, cards, orders, flows, ads, errors."""

from wacloud.modules.whatsapp.domain.inbound import MetaError
from wacloud.modules.whatsapp.ui.meta_values import (
    Json,
    UnreadableWebhook,
    clean,
    clean_json,
    decimal_text,
    decode,
    flag,
    ident,
    line,
    obj,
    present,
    real,
    text,
    whole,
)


class NotUnderstood(Exception):
    """This element is not as its type promises."""


def read_media(media: Json) -> Json:
    """A file on Meta's side. `url` works for five minutes and only with the token: fetch by media_id."""
    return present(
        media_id=ident(media.get("id")),
        mime_type=line(media.get("mime_type")),
        sha256=ident(media.get("sha256")),
        caption=text(media.get("caption")),
        filename=line(media.get("filename")),
        voice=flag(media.get("voice")),
        animated=flag(media.get("animated")),
        url=text(media.get("url")),
    )


def read_place(place: Json) -> Json:
    """A pin on the map."""
    return present(
        latitude=real(place.get("latitude")),
        longitude=real(place.get("longitude")),
        name=text(place.get("name")),
        address=text(place.get("address")),
        url=text(place.get("url")),
    )


def read_card(card: Json) -> Json:
    """A shared contact card."""
    name, org = obj(card.get("name")), obj(card.get("org"))
    first, last = line(name.get("first_name")), line(name.get("last_name"))
    return present(
        name=line(name.get("formatted_name")) or " ".join(part for part in (first, last) if part) or None,
        first_name=first,
        last_name=last,
        company=line(org.get("company")),
        department=line(org.get("department")),
        job_title=line(org.get("title")),
        birthday=line(card.get("birthday")),
        phones=_entries(card.get("phones"), phone="phone", wa_id="wa_id", bsuid="user_id"),
        emails=_entries(card.get("emails"), email="email"),
        urls=_entries(card.get("urls"), url="url"),
        addresses=_entries(
            card.get("addresses"),
            street="street",
            city="city",
            state="state",
            postcode="zip",
            country="country",
            country_code="country_code",
        ),
        vcard=text(card.get("vcard")),
    )


def _entries(values: object, **names: str) -> list[Json] | None:
    entries = []
    for value in values if isinstance(values, list) else ():
        if isinstance(value, dict):
            entry = present(**{ours: text(value.get(theirs)) for ours, theirs in names.items()})
            if entry:
                entries.append({**entry, **present(kind=line(value.get("type")))})
    return entries or None


def read_order(order: Json) -> Json:
    """A basket sent from the catalogue; amounts are decimal text, as Meta writes them in several ways."""
    products = order.get("product_items")
    items = [
        present(
            retailer_id=ident(product.get("product_retailer_id")),
            quantity=decimal_text(product.get("quantity")),
            price=decimal_text(product.get("item_price")),
            currency=line(product.get("currency")),
        )
        for product in (products if isinstance(products, list) else ())
        if isinstance(product, dict)
    ]
    return present(catalog_id=ident(order.get("catalog_id")), text=text(order.get("text")), items=items)


def read_flow(answer: Json) -> Json:
    """
    The answers of a form. They come as JSON inside a text: `data` when that holds an object, else `raw` as
    it came. `fields` keeps the order in which they were asked; the database keeps none.
    """
    flow = present(name=line(answer.get("name")), body=text(answer.get("body")))
    response = answer.get("response_json")
    data = response
    if isinstance(response, str):
        try:
            data = decode(clean(response).encode())
        except UnreadableWebhook:
            data = None
    if isinstance(data, dict):
        flow["data"] = clean_json(data)
        flow["fields"] = [clean(key) for key in data]
    elif response is not None:
        flow["raw"] = clean_json(response)
    return flow


def read_referral(referral: object) -> Json:
    """The ad or post that brought the person here; only their first message says so."""
    ad = obj(referral)
    return present(
        source_kind=line(ad.get("source_type")),
        source_id=ident(ad.get("source_id")),
        source_url=text(ad.get("source_url")),
        headline=text(ad.get("headline")),
        body=text(ad.get("body")),
        media_kind=line(ad.get("media_type")),
        image_url=text(ad.get("image_url")),
        video_url=text(ad.get("video_url")),
        thumbnail_url=text(ad.get("thumbnail_url")),
        click_id=text(ad.get("ctwa_clid")),
        greeting=text(obj(ad.get("welcome_message")).get("text")),
    )


def read_error(error: Json) -> MetaError:
    """One error. Older payloads put the details beside the code."""
    details = obj(error.get("error_data")).get("details")
    return MetaError(
        code=whole(error.get("code")),
        title=text(error.get("title")),
        message=text(error.get("message")),
        details=text(details) or text(error.get("details")),
        href=text(error.get("href")),
    )


def read_errors(errors: object) -> tuple[MetaError, ...]:
    """Every error of a list."""
    return tuple(read_error(one) for one in (errors if isinstance(errors, list) else ()) if isinstance(one, dict))


def read_pricing(pricing: object) -> Json | None:
    """
    What the message cost, in words: model, type, category (dashes made underscores, lower case), billable.
    """
    price = obj(pricing)
    if not price:
        return None
    category, cost = line(price.get("category")), obj(price.get("cost"))
    return present(
        billable=flag(price.get("billable")),
        model=line(price.get("pricing_model")),
        type=line(price.get("type")),
        category=category.lower().replace("-", "_") if category else None,
        cost=present(amount=decimal_text(cost.get("amount")), currency=line(cost.get("currency"))) or None,
    )
