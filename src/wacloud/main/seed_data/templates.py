"""What Meta approved for the shop before the demo begins: each can be sent from a conversation."""

from typing import Final

TEMPLATES: Final[list[dict[str, object]]] = [
    {
        "name": "encargo_listo",
        "language": "es",
        "parameter_format": "NAMED",
        "components": [
            {
                "type": "BODY",
                "text": "Hola {{nombre}}, tu encargo de {{encargo}} ya está listo en el obrador. ¡Te esperamos!",
                "example": {
                    "body_text_named_params": [
                        {"param_name": "nombre", "example": "Ana"},
                        {"param_name": "encargo", "example": "tarta de queso"},
                    ]
                },
            },
            {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Voy hoy"}]},
        ],
    },
    {
        "name": "seguimos_hablando",
        "language": "es",
        "components": [
            {
                "type": "BODY",
                "text": "Hola {{1}}, nos quedó pendiente tu pregunta. ¿Seguimos por aquí?",
                "example": {"body_text": [["Ana"]]},
            }
        ],
    },
    {
        "name": "roscones_de_reyes",
        "language": "es",
        "category": "MARKETING",
        "components": [
            {"type": "HEADER", "format": "TEXT", "text": "Ya hay roscones"},
            {
                "type": "BODY",
                "text": "Hola {{1}}, desde hoy puedes encargar el roscón. Contesta a este mensaje y te lo guardamos.",
                "example": {"body_text": [["Ana"]]},
            },
            {"type": "FOOTER", "text": "Escribe BAJA y no te escribimos más"},
        ],
    },
]
