//! Words of the generated marketplace, with the letters and punctuation that real data has.

pub(super) const FIRST_NAMES: [&str; 32] = [
    "Anna",
    "Björn",
    "Chloé",
    "Dmitri",
    "Elif",
    "François",
    "Grace",
    "Håkon",
    "Inés",
    "Jürgen",
    "Katarína",
    "Lars",
    "Małgorzata",
    "Nuno",
    "Ólafur",
    "Priya",
    "Quentin",
    "Renée",
    "Søren",
    "Tomáš",
    "Ulla",
    "Věra",
    "Wei",
    "Xénia",
    "Yusuf",
    "Zoë",
    "Mary Ann",
    "José",
    "Noah",
    "Olivia",
    "Seán",
    "Theo",
];

pub(super) const LAST_NAMES: [&str; 36] = [
    "Andersson",
    "Brănescu",
    "Çelik",
    "Dvořák",
    "Eriksen",
    "Fernández",
    "García",
    "Hoffmann",
    "Ivanov",
    "Jónsdóttir",
    "Kowalski",
    "Lefèvre",
    "Müller",
    "Novák",
    "O'Brien",
    "Petrović",
    "Quiñones",
    "Rossi",
    "Sørensen",
    "Tóth",
    "Ünal",
    "van der Berg",
    "Weiß",
    "Xu",
    "Yılmaz",
    "Żak",
    "Smith",
    "Jones",
    "de la Cruz",
    "Nguyễn",
    "Åkesson",
    "Bianchi",
    "Costa",
    "Dubois",
    "Fischer",
    "Moreau",
];

pub(super) const REGIONS: [&str; 6] = ["north", "south", "east", "west", "centre", "islands"];

pub(super) const SEGMENTS: [&str; 5] = ["consumer", "business", "student", "trade", "vip"];

pub(super) const MAIL_DOMAINS: [&str; 4] = [
    "mail.example",
    "post.example",
    "inbox.example",
    "büro.example",
];

pub(super) const STREETS: [&str; 12] = [
    "Hauptstraße",
    "Rue de l'Église",
    "Calle Mayor",
    "Via Roma",
    "Storgatan",
    "Ulica Długa",
    "High Street",
    "Kirkeveien",
    "Náměstí Míru",
    "Avenida da Liberdade",
    "Station Road",
    "Chaussée d'Anvers",
];

pub(super) const CITIES: [(&str, &str); 16] = [
    ("München", "DE"),
    ("Köln", "DE"),
    ("Zürich", "CH"),
    ("Genève", "CH"),
    ("Lyon", "FR"),
    ("Nîmes", "FR"),
    ("Málaga", "ES"),
    ("Madrid", "ES"),
    ("Torino", "IT"),
    ("Göteborg", "SE"),
    ("Malmö", "SE"),
    ("Łódź", "PL"),
    ("Kraków", "PL"),
    ("Bristol", "GB"),
    ("Leeds", "GB"),
    ("Tromsø", "NO"),
];

pub(super) const CATEGORIES: [&str; 8] = [
    "kitchen",
    "garden",
    "office",
    "toys",
    "sport",
    "books",
    "lighting",
    "home & living",
];

pub(super) const GOODS: [&str; 20] = [
    "Kettle",
    "Desk Lamp",
    "Tea Pot",
    "Notebook",
    "Garden Hose",
    "Puzzle",
    "Yoga Mat",
    "Bookend",
    "Frying Pan",
    "Crème Brûlée Set",
    "Müsli Bowl",
    "Café Table",
    "Jardinière",
    "Screwdriver",
    "Wool Blanket",
    "Paint Brush",
    "Door Mat",
    "Travel Mug",
    "Picture Frame",
    "Hängematte",
];

pub(super) const FINISHES: [&str; 10] = [
    "small",
    "large",
    "set of 2",
    "red, matt",
    "blue, glossy",
    "12\" wide",
    "\"Norden\" edition",
    "1.5 l",
    "for two",
    "naïve pattern",
];

pub(super) const FIRMS: [&str; 8] = [
    "& Söhne",
    "Frères",
    "Ltd",
    "GmbH & Co. KG",
    "S.A.",
    "Trading, Inc.",
    "og Datter",
    "Handels AB",
];

pub(super) const CHANNELS: [&str; 5] = ["web", "app", "phone", "store", "partner"];

pub(super) const STATUSES: [&str; 6] = [
    "placed",
    "paid",
    "shipped",
    "shipped",
    "delivered",
    "cancelled",
];

pub(super) const METHODS: [&str; 5] = ["card", "transfer", "wallet", "invoice", "voucher"];

pub(super) const RETURN_REASONS: [&str; 6] = [
    "damaged",
    "wrong item",
    "too late",
    "not as described",
    "changed mind",
    "doesn't fit, sadly",
];

pub(super) const TICKET_TOPICS: [&str; 6] = [
    "delivery", "invoice", "return", "product", "account", "other",
];

/// Currency and its worth in euros, in millionths.
pub(super) const CURRENCIES: [(&str, i64); 7] = [
    ("EUR", 1_000_000),
    ("USD", 914_200),
    ("GBP", 1_194_700),
    ("CHF", 1_061_300),
    ("SEK", 88_150),
    ("PLN", 232_400),
    ("JPY", 6_120),
];
