"""Speech to words by OpenAI, or any server that speaks its /audio/transcriptions."""

from pathlib import Path

from openai import AsyncOpenAI, OpenAIError

from wacloud.modules.whatsapp.application.media_ports import TranscriptFailed


class OpenAITranscriber:
    """See `media_ports.Transcriber`."""

    def __init__(self, api_key: str, base_url: str | None, model: str, deadline_s: float = 60) -> None:
        self._client = AsyncOpenAI(api_key=api_key, base_url=base_url, timeout=deadline_s, max_retries=1)
        self._model = model

    async def transcribe(self, file: Path, language: str) -> str:
        # Customers write in the business's language mostly, and not always: a hint, where the model takes one.
        hint = {"es": "Mensaje de voz de WhatsApp.", "en": "A WhatsApp voice message."}.get(language, "")
        try:
            answer = await self._client.audio.transcriptions.create(model=self._model, file=file, prompt=hint)
        except OpenAIError as error:
            raise TranscriptFailed(f"{type(error).__name__}: {error}"[:300]) from error
        return answer.text

    async def aclose(self) -> None:
        """Close its connections."""
        await self._client.close()
