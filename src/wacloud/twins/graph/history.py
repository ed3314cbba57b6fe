"""What was said before this twin began: the world's history, put on the phones where it is not there yet."""

from __future__ import annotations

from wacloud.twins.graph.media import INBOUND_LIVES_S
from wacloud.twins.graph.samples import sample_for
from wacloud.twins.graph.state import State
from wacloud.twins.graph.threads import Bubble, Thread, text_of
from wacloud.twins.graph.world import PastMessage


def put_on_phones(state: State) -> None:
    """Add the messages of the history that no phone has; nobody is told of them, they are old."""
    changed: dict[int, Thread] = {}
    for past in state.world.history:
        number = state.access.numbers.get(past.phone_number_id)
        customer = state.people.find(past.customer)
        if number is None or customer is None or state.threads.find(past.wamid) is not None:
            continue
        thread = state.threads.between(*number, customer)
        bubble = _bubble(thread, past)
        state.threads.add(bubble)
        changed[id(thread)] = thread
        _keep_sample(state, bubble)
    for thread in changed.values():
        # What comes from elsewhere has Meta's times, in whole seconds; within one, the order given stays.
        in_order = sorted(thread.bubbles, key=lambda bubble: int(bubble.at))
        thread.bubbles.clear()
        thread.bubbles.extend(in_order)
        for bubble in in_order:
            state.keep_bubble(bubble)


def _bubble(thread: Thread, past: PastMessage) -> Bubble:
    return Bubble(
        wamid=past.wamid,
        thread=thread,
        is_inbound=past.is_inbound,
        type=past.type,
        content=past.content,
        at=past.at,
        text=past.text or text_of(past.type, past.content),
        status=past.status,
        reply_to=past.reply_to,
        addressed_by_phone=not thread.customer.hides_phone,
        reactions=dict(past.reactions),
        is_edited=past.is_edited,
        is_revoked=past.is_revoked,
    )


def _keep_sample(state: State, bubble: Bubble) -> None:
    """The bytes of an old photo or sound are gone; a sample lies in its place."""
    media_id = bubble.content.get("id") if isinstance(bubble.content, dict) else None
    sample = sample_for(bubble.type) if media_id else None
    if sample is None or state.media.find(str(media_id), state.clock()) is not None:
        return
    data, mime_type, _ = sample
    number = bubble.thread.number.phone_number_id
    state.keep_file(
        state.media.put_back(
            data,
            media_id=str(media_id),
            phone_number_id=number,
            mime_type=mime_type,
            expires_at=state.clock() + INBOUND_LIVES_S,
        )
    )
