"""Who sounds upset, measured on sentences as customers of small businesses write them."""

from wacloud.modules.bot.domain.mood import is_upset

UPSET = """
Esto es una vergüenza, llevo una semana esperando
Sois unos estafadores
Me habéis tomado el pelo, quiero mi dinero
Estoy harta de que nadie me conteste
ES LA TERCERA VEZ QUE OS ESCRIBO
Voy a poner una reclamación en consumo
Pésimo servicio, no vuelvo a comprar
Llevo dos horas esperando y nadie contesta
Otra vez lo mismo, ya os lo he dicho mil veces
Menuda mierda de pedido
No me ha llegado el paquete y nadie me responde!!!!
quiero la hoja de reclamaciones
Qué desastre de tienda
os voy a denunciar
Estoy muy enfadado con vosotros 😡
me parece indignante lo que ha pasado
sois unos incompetentes
Hablaré con mi abogado
No funciona y encima es la segunda vez
DEVOLVEDME EL DINERO YA, NO FUNCIONA
Vaya timo
me siento engañada
esto es una tomadura de pelo
qué falta de respeto
sigo esperando... todavía nada
This is ridiculous, I have been waiting for two weeks
Worst service ever
I'm so angry right now
You are scammers
I want to complain, nobody answers the phone
WHERE IS MY ORDER???? I AM STILL WAITING
this is unacceptable
I'm fed up with you
waste of money
My lawyer will contact you
I already told you, it is still not working
Que absurdo, vou reclamar no Procon
Péssimo atendimento
Estou cansada de esperar, ninguém responde de novo
vocês são golpistas
""".strip().splitlines()

CALM = """
Hola, ¿a qué hora abrís mañana?
¿Tenéis tarta de queso sin gluten?
Perfecto, muchas gracias
Quiero hacer un pedido para diez personas
¿Cuánto cuesta el envío a Canarias?
Buenas, quería cambiar la cita de otro día
¿Me podéis decir si ha llegado mi paquete?
OK GRACIAS
HOLA BUENAS TARDES
No estoy enfadada, tranquila
¿Es otra vez el mismo menú esta semana?
Necesito la factura del mes pasado
¿Tenéis algo para el dolor de espalda?
Estoy esperando un bebé, ¿puedo hacer el tratamiento?
¡Qué ganas de probarlo!
No me llega la camisa a la cintura, ¿tenéis la L?
¿Se puede devolver si no funciona?
Sin prisa, cuando podáis
¿Qué pasa si llego tarde?
Lo siento, me he equivocado de número
¿Hacéis reformas de cocina?
me encanta, sois geniales!!!
Vale, no pasa nada
¿El horno es de gas?
Busco un regalo para mi abuela
¿Tenéis libros de fantasía?
¿Dónde puedo aparcar?
me di un golpe en la rodilla
¿Cuánto cuesta un abogado?
una crema para piel irritada
una porra y un café para desayunar
Era para reservar mesa el sábado
Gracias por la rapidez
no es urgente
Hi, are you open on Sunday?
Can I return it if it does not fit?
Thanks, that was quick!
I am still deciding, can you hold it until tomorrow?
I am not angry, just asking
What a lovely shop
Olá, vocês entregam em Lisboa?
Qual o preço do bolo?
Muito obrigada!
Pode repetir de novo o endereço?
""".strip().splitlines()


def test_most_who_are_upset_are_noticed():
    missed = [text for text in UPSET if not is_upset([text])]
    assert len(missed) <= 2, missed


def test_those_who_are_calm_are_left_to_the_bot():
    alarmed = [text for text in CALM if is_upset([text])]
    assert alarmed == []


def test_what_is_mild_counts_over_the_whole_burst():
    assert not is_upset(["Sigo esperando"])
    assert is_upset(["Sigo esperando", "y nadie me responde"])


def test_a_long_text_of_signs_is_read_in_a_moment():
    assert not is_upset(["llevo " * 2000, "no " * 3000, "no es idiota " * 3000])
