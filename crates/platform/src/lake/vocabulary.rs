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

/// Warehouse and its country.
pub(super) const WAREHOUSES: [(&str, &str); 6] = [
    ("Hamburg Hafen", "DE"),
    ("Łódź Centralny", "PL"),
    ("Lyon-Sud", "FR"),
    ("Göteborg", "SE"),
    ("Zaragoza, Plaza 4", "ES"),
    ("Bristol \"Dock 2\"", "GB"),
];

pub(super) const CARRIERS: [&str; 6] = [
    "Nordpost",
    "Kurier & Co",
    "La Flèche",
    "ParcelLine",
    "Zielona Paczka",
    "Own van",
];

pub(super) const MOVEMENT_NOTES: [&str; 6] = [
    "recount",
    "damaged in store",
    "pallet 7, row B",
    "moved, see note",
    "für Messe",
    "night shift",
];

pub(super) const VAT_CLASSES: [&str; 3] = ["standard", "reduced", "zero"];

/// Category and the one above it; the roots have none.
pub(super) const CATEGORY_TREE: [(&str, &str); 30] = [
    ("living", ""),
    ("leisure", ""),
    ("work", ""),
    ("outdoors", ""),
    ("kitchen", "living"),
    ("lighting", "living"),
    ("home & living", "living"),
    ("toys", "leisure"),
    ("books", "leisure"),
    ("sport", "leisure"),
    ("office", "work"),
    ("garden", "outdoors"),
    ("cookware", "kitchen"),
    ("tableware", "kitchen"),
    ("small appliances", "kitchen"),
    ("lamps", "lighting"),
    ("light bulbs", "lighting"),
    ("textiles", "home & living"),
    ("décor", "home & living"),
    ("puzzles", "toys"),
    ("dolls & figures", "toys"),
    ("novels", "books"),
    ("children's books", "books"),
    ("yoga", "sport"),
    ("cycling", "sport"),
    ("desk supplies", "office"),
    ("paper", "office"),
    ("plants", "garden"),
    ("garden tools", "garden"),
    ("garden furniture", "garden"),
];

/// Country with its standard and reduced tax rates in ten-thousandths.
pub(super) const COUNTRY_TAXES: [(&str, i64, i64); 9] = [
    ("DE", 1_900, 700),
    ("CH", 810, 260),
    ("FR", 2_000, 550),
    ("ES", 2_100, 1_000),
    ("IT", 2_200, 1_000),
    ("SE", 2_500, 1_200),
    ("PL", 2_300, 800),
    ("GB", 2_000, 500),
    ("NO", 2_500, 1_500),
];

pub(super) const PRICE_REASONS: [&str; 6] = [
    "supplier",
    "season",
    "clearance",
    "competitor",
    "exchange rate",
    "mistake, corrected",
];

/// First word of a campaign's coupons, and the campaign's name.
pub(super) const CAMPAIGNS: [(&str, &str); 8] = [
    ("AUTUMN", "autumn sale"),
    ("WINTER", "winter warmers"),
    ("WELCOME", "welcome"),
    ("LOYAL", "loyal customers"),
    ("APP", "app launch"),
    ("BACK", "win back"),
    ("GARTEN", "Gartenträume"),
    ("BLACK", "black week"),
];

pub(super) const MEDIA: [&str; 5] = ["search", "social", "mail", "print", "radio"];

pub(super) const DEVICES: [&str; 5] = ["phone", "phone", "phone", "tablet", "desktop"];

pub(super) const REFERRERS: [&str; 7] = [
    "search.example",
    "social.example",
    "news.example/deals?id=7",
    "newsletter",
    "partner.example",
    "price-compare.example",
    "forum.example/t/für-den-garten",
];

pub(super) const REVIEW_TITLES: [&str; 12] = [
    "Great",
    "Not what I expected",
    "Très bien",
    "Solid, but heavy",
    "Broken on arrival",
    "Würde ich wieder kaufen",
    "OK",
    "\"Norden\" is the better one",
    "Five stars!",
    "Meh",
    "Gift for mum",
    "Too small, sadly",
];

pub(super) const REVIEW_BODIES: [&str; 10] = [
    "Does what it should.",
    "Arrived late, but the product itself is fine.",
    "The colour is \"matt\", they say; it is not.",
    "Très joli, je recommande.",
    "Stopped working after two weeks, returned it.",
    "Perfect for a small kitchen; my neighbour bought one, too.",
    "Quality; price; delivery: all good",
    "Leider war die Verpackung beschädigt.",
    "I would buy it again, and again, and again.",
    "12\" is smaller than I thought",
];

pub(super) const TEAMS: [&str; 8] = [
    "management",
    "buying",
    "warehouse",
    "customer care",
    "finance",
    "marketing",
    "software",
    "returns & repair",
];
