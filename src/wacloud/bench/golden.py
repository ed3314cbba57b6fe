"""
Three invented businesses, what each taught its bot, and what people ask them: the yardstick of answers.

A question names the item that answers it, counted from 0, and the facts that must stand in the answer; one without an
item is answered nowhere in what was taught. Half of them are typed as people type in a chat.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Taught:
    """A business: its name, its sector, and the questions and answers it taught."""

    name: str
    sector: str
    items: tuple[tuple[str, str], ...]
    asked: tuple[tuple[str, int | None, tuple[str, ...]], ...]


SHOP = Taught(
    "Casa Encina",
    "retail",
    (
        ("¿Qué horario tenéis?", "De lunes a viernes de 10:00 a 14:00 y de 17:00 a 20:30. Sábados de 10:00 a 14:00."),
        ("¿Dónde está la tienda?", "Estamos en la calle Encina 8, en Salamanca, junto a la plaza del Mercado."),
        ("¿Cuánto cuesta el envío?", "El envío a la península cuesta 5,90 € y es gratis a partir de 60 €."),
        ("¿Cuánto tarda en llegar un pedido?", "Los pedidos llegan en dos o tres días laborables."),
        ("¿Cómo se devuelve un producto?", "Tienes 30 días para devolverlo sin usar y con el ticket."),
        ("¿Cómo puedo pagar?", "Aceptamos tarjeta, Bizum y efectivo en tienda."),
        ("¿Qué garantía tienen los productos?", "Todos los productos nuevos tienen tres años de garantía."),
        ("¿Hacéis factura?", "Sí, mándanos el NIF y la dirección y te la enviamos por correo."),
        ("¿Tenéis tarjetas regalo?", "Sí, de 25, 50 y 100 €. No caducan."),
        ("¿Reparáis sartenes?", "Sí, la reparación de una sartén cuesta 12 € y tarda una semana."),
        ("¿Hay descuento para empresas?", "Desde diez unidades hacemos un 12 % de descuento."),
        ("¿Puedo recoger en tienda?", "Sí, te guardamos el pedido siete días en la tienda."),
    ),
    (
        ("¿A qué hora abrís por la tarde?", 0, ("17:00",)),
        ("abris los sabados por la mañana?", 0, ("14:00 | 10:00",)),
        ("en q calle estais", 1, ("encina 8",)),
        ("¿En qué ciudad está la tienda?", 1, ("salamanca",)),
        ("cuanto vale el envio a madrid", 2, ("5,90 €",)),
        ("¿A partir de qué importe es gratis el envío?", 2, ("60 €",)),
        ("cuando me yega el pedido", 3, ("dos o tres | 2 o 3 | 2-3",)),
        ("¿Cuántos días tengo para devolver algo?", 4, ("30 | treinta",)),
        ("puedo debolver una sarten sin ticket", 4, ("ticket",)),
        ("se puede pagar con bizum?", 5, ("bizum",)),
        ("¿Aceptáis tarjeta de crédito?", 5, ("tarjeta",)),
        ("¿Cuántos años de garantía dais?", 6, ("tres | 3",)),
        ("necesito factura, que os mando", 7, ("nif",)),
        ("¿De qué importes hay tarjetas regalo?", 8, ("25 | 25 €", "100 €")),
        ("las tarjetas regalo caducan?", 8, ("no",)),
        ("cuanto cuesta arreglar una sarten", 9, ("12 €",)),
        ("somos una empresa y queremos 20 unidades, hay descuento?", 10, ("12 %",)),
        ("cuanto tiempo me guardais el pedido en tienda", 11, ("siete | 7",)),
        ("¿Puedo pagar en efectivo?", 5, ("efectivo",)),
        ("cuanto tarda la reparacion de una sarten", 9, ("semana",)),
        ("¿Vendéis bicicletas eléctricas?", None, ()),
        ("¿Tenéis tienda en Barcelona?", None, ()),
        ("cuanto cuesta la batidora roja", None, ()),
        ("¿Quién ganó la liga el año pasado?", None, ()),
    ),
)  # fmt: skip
CLINIC = Taught(
    "Clínica Dental Tormes",
    "health",
    (
        ("¿Cuál es el horario de la clínica?", "De lunes a jueves de 9:00 a 20:00 y los viernes de 9:00 a 15:00."),
        ("¿Cuánto cuesta una limpieza dental?", "La limpieza dental cuesta 55 € y dura unos 40 minutos."),
        ("¿La primera visita es gratis?", "Sí, la primera visita y el presupuesto son gratuitos."),
        ("¿Cuánto cuesta un empaste?", "Un empaste cuesta desde 60 €, según el tamaño."),
        ("¿Ponéis implantes?", "Sí, un implante completo cuesta 1.150 € con la corona incluida."),
        ("¿Trabajáis con seguros?", "Trabajamos con Adeslas y Sanitas."),
        ("¿Se puede pagar a plazos?", "Sí, hasta en 12 meses sin intereses."),
        ("¿Cómo anulo una cita?", "Avísanos con 24 horas de antelación y la cambiamos sin coste."),
        ("¿Atendéis urgencias?", "Las urgencias se atienden el mismo día si llamas antes de las 12:00."),
        ("¿Hacéis ortodoncia invisible?", "Sí, el tratamiento empieza en 2.400 € y dura de 12 a 18 meses."),
        ("¿Atendéis a niños?", "Sí, a partir de los 3 años, con la doctora Vega."),
        ("¿Hay aparcamiento?", "Hay plazas gratis para pacientes detrás de la clínica."),
    ),
    (
        ("¿Hasta qué hora abrís los viernes?", 0, ("15:00",)),
        ("a que hora cerrais el martes", 0, ("20:00",)),
        ("cuanto vale una limpiesa", 1, ("55 €",)),
        ("¿Cuánto dura la limpieza dental?", 1, ("40",)),
        ("me cobrais por la primera visita?", 2, ("gratis | gratuita | gratuitos | gratuito",)),
        ("precio de un empaste porfa", 3, ("60 €",)),
        ("¿Cuánto cuesta un implante con corona?", 4, ("1.150 €",)),
        ("aceptais adeslas?", 5, ("adeslas",)),
        ("¿Con qué seguros trabajáis?", 5, ("adeslas", "sanitas")),
        ("puedo pagar en meses sin intereses", 6, ("12 | doce",)),
        ("tengo que anular la cita d mañana", 7, ("24",)),
        ("¿Con cuánta antelación tengo que avisar para cambiar una cita?", 7, ("24",)),
        ("me duele mucho una muela, me podeis ver hoy?", 8, ("12:00",)),
        ("¿Desde cuánto cuesta la ortodoncia invisible?", 9, ("2.400 €",)),
        ("cuanto dura el tratamiento de ortodoncia invisible", 9, ("12", "18")),
        ("desde q edad atendeis niños", 10, ("3 | tres",)),
        ("¿Quién atiende a los niños?", 10, ("vega",)),
        ("donde puedo aparcar", 11, ("detrás",)),
        ("¿A qué hora abrís los lunes?", 0, ("9:00",)),
        ("teneis parking", 11, ("gratis",)),
        ("¿Hacéis cirugía de rodilla?", None, ()),
        ("¿Trabajáis con Mapfre?", None, ()),
        ("cuanto cuesta un blanqueamiento", None, ()),
        ("¿Me escribes un poema sobre el mar?", None, ()),
    ),
)  # fmt: skip
RESTAURANT = Taught(
    "Casa Duero",
    "restaurant",
    (
        ("¿Cuándo abrís?", "Abrimos de martes a domingo de 13:00 a 16:00 y de 20:30 a 23:30. Los lunes cerramos."),
        ("¿Cómo se reserva?", "Reserva por aquí o en el 980 111 222; guardamos la mesa 15 minutos."),
        ("¿Cuánto cuesta el menú del día?", "El menú del día cuesta 14,50 € de martes a viernes al mediodía."),
        ("¿Tenéis menú para niños?", "Sí, el menú infantil cuesta 9 € e incluye postre."),
        ("¿Hay platos sin gluten?", "Sí, la mitad de la carta se puede pedir sin gluten y el pan también."),
        ("¿Tenéis opciones vegetarianas?", "Hay cuatro platos vegetarianos y uno vegano."),
        ("¿Se admiten perros?", "Los perros pueden estar en la terraza."),
        ("¿Servís a domicilio?", "Sí, en Zamora capital por 3 €, de 20:30 a 22:30."),
        ("¿Celebráis cumpleaños?", "Tenemos una sala privada para 25 personas sin coste si cenáis a la carta."),
        ("¿Cuál es la especialidad?", "El arroz a la zamorana; hay que encargarlo el día antes."),
        ("¿Aceptáis tarjetas de comida?", "Aceptamos Edenred y Sodexo."),
        ("¿Hay acceso para sillas de ruedas?", "Sí, la entrada y el baño están adaptados."),
    ),
    (
        ("¿Qué día cerráis?", 0, ("lunes",)),
        ("a q hora son las cenas", 0, ("20:30",)),
        ("¿A qué teléfono llamo para reservar?", 1, ("980 111 222",)),
        ("cuanto rato guardais la mesa", 1, ("15",)),
        ("cuanto cuesta el menu del dia", 2, ("14,50 €",)),
        ("¿El fin de semana hay menú del día?", 2, ("viernes",)),
        ("hay menu infantil? cuanto vale", 3, ("9 €",)),
        ("soy celiaca, puedo comer ahi?", 4, ("sin gluten | gluten",)),
        ("¿Cuántos platos vegetarianos hay?", 5, ("cuatro | 4",)),
        ("teneis algo begano", 5, ("vegano | uno",)),
        ("puedo ir con mi perro?", 6, ("terraza",)),
        ("cuanto cobrais por llevar la comida a casa", 7, ("3 €",)),
        ("¿Hasta qué hora repartís a domicilio?", 7, ("22:30",)),
        ("somos 20 para un cumple, teneis sala?", 8, ("25 | privada | sala",)),
        ("¿Qué plato me recomendáis?", 9, ("arroz",)),
        ("hay q encargar el arroz?", 9, ("día antes",)),
        ("se puede pagar con edenred", 10, ("edenred",)),
        ("mi madre va en silla de ruedas, puede entrar?", 11, ("adaptad | adaptados | adaptada | adaptado",)),
        ("¿Abrís a mediodía los domingos?", 0, ("13:00",)),
        ("se puede cenar con el perro en la terraza", 6, ("terraza",)),
        ("¿Tenéis sushi?", None, ()),
        ("¿Hacéis catering para bodas de 300 invitados?", None, ()),
        ("cuanto cuesta el chuleton", None, ()),
        ("¿Cuál es la capital de Francia?", None, ()),
    ),
)  # fmt: skip
BUSINESSES = (SHOP, CLINIC, RESTAURANT)
