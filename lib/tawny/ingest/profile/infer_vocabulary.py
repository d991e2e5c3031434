"""Words for users, items, times and events in shops, CRMs, web logs and databases; in some languages, without accents."""

from tawny.core.columns import EventType


def _strengths(words: dict[float, str]) -> dict[str, float]:
    return {word: strength for strength, some in words.items() for word in some.split()}


def words_of(text: str) -> frozenset[str]:
    """The words between the spaces."""
    return frozenset(text.split())


PERSONAL = words_of(
    "name firstname lastname surname fullname givenname familyname username login nickname vorname nachname familienname "
    "prenom nom nombre apellido apellidos email mail phone telephone telefon tel mobile handy fax address adresse street "
    "strasse rue calle password passwort iban ip 姓名 电话 手机 邮箱 地址"
)
"""Names of columns that say who a user is, and nothing of taste."""

# How much a noun alone says, in [0, 1]. Of several columns the strongest is taken, so the finer shades order the choice:
# a product before its variants, a customer before the session.
USER_NOUNS = _strengths(
    {
        1.0: "user users customer kunde kunden benutzer nutzer utilisateur cliente usuario utente klant gebruiker "
        "用户 客户 ユーザー 顧客",
        0.97: "client buyer shopper reviewer acheteur comprador 会员 顾客 买家",
        0.95: "uid customers cust visitor member subscriber consumer listener patron kdnr besucher mitglied "
        "mitglieds kaufer membre visiteur visitante",
        0.9: "account person viewer reader player student learner kd 账号",
        0.8: "household guest loyalty profile konto",
        0.6: "email mail",
        0.55: "anonymous",
        0.5: "author device cookie",
        0.35: "session",
        0.2: "ip",
    }
)

ITEM_NOUNS = _strengths(
    {
        1.0: "item product movie film book artikel produkt buch produit producto articulo prodotto produto 商品 产品 "
        "アイテム 商品コード",
        0.98: "article articolo artigo",
        0.97: "parentasin track song game video course recipe anime",
        0.95: "items iid products prod sku asin business venue poi restaurant hotel news livre libro 货号 物品",
        0.94: "isbn",
        0.93: "ean upc gtin stock",
        0.9: "place show content story offer listing job merchandise goods ware waren 宝贝",
        0.85: "series material pid",
        0.8: "artist ad variant good",
        0.75: "album",
        0.7: "reference",
        0.6: "location",
        0.4: "page",
        0.3: "url",
    }
)

ID_AFFIXES = words_of(
    "id ids pseudo no nr num number nummer numero code key uuid guid hash ref pk fk idx index unique anon hashed "
    "full raw sk codigo identifier identifiant 编号 号 编码 コード 番号"
)

TIME_NOUNS = words_of(
    "time timestamp ts date datetime at day dt dat when utc epoch moment instant datum zeit zeitpunkt zeitstempel "
    "tag horodatage fecha heure dateheure fechahora data ora tijd 时间 时间戳 日期 日時 日付"
)
# What is said of the time; another word makes it a weaker one.
TIME_WORDS = _strengths(
    {
        1.0: "event purchase order ordered transaction tx click view viewed play played listened rated rating "
        "action occurred bought behavior bestell kauf commande achat de pedido compra 下单 购买 订单 行为",
        0.99: "unix",
        0.98: "t invoice sale sales review hit visit visited",
        0.95: "server log logged request booking iso micros ms millis sec rechnungs",
        0.9: "created creation recorded checkin original local seconds erstellt am 创建",
        0.8: "client start started",
        0.75: "received",
        0.7: "inserted",
        0.6: "paid payment session",
        0.5: "approved",
        0.4: "end ended",
        0.3: "updated modified",
        0.2: "shipped delivered delivery shipping",
        0.1: "estimated due limit",
    }
)
NOT_AN_EVENT_TIME = words_of(
    "birth birthday born dob geburts naissance nacimiento signup sign registered registration registrierung joined "
    "join release released published launch expiry expires expiration until valid available last first since"
)
TIME_NAMES = _strengths(
    {
        1.0: "bestelldatum kaufdatum bestellzeit timestampms timestampmicros timestamputc datecommande dateachat "
        "fechapedido fechacompra eventtime orderdate",
        0.99: "unixreviewtime",
        0.95: "rechnungsdatum",
        0.9: "erstelltam creationtime timelocal createdat createtime",
        0.85: "created",
        0.3: "uhrzeit hora",
        0.05: "year jahr",
    }
)

_EVENT_TYPE_NAMES = _strengths(
    {
        1.0: "eventtype behaviortype behaviourtype interactiontype ereignistyp ereignisart typeevenement tipoevento "
        "tipodeevento 行为类型 事件类型",
        0.98: "eventname actiontype",
        0.97: "event ereignis evenement evento 行为 事件",
        0.95: "action activitytype behavior behaviour eventaction aktion accion azione acao 动作",
        0.9: "activity interaction feedbacktype verb activityname vorgang 操作",
        0.8: "operation",
        0.7: "type kind typ tipo 类型",
        0.5: "eventcategory",
        0.0: "usertype",
    }
)

_RATING_NAMES = _strengths(
    {
        1.0: "rating stars starrating reviewscore userrating reviewrating bewertung sterne etoiles calificacion "
        "puntuacion valoracion myrating bookrating 评分 星级",
        0.97: "overall",
        0.95: "ratings star",
        0.9: "score note voto",
        0.8: "grade evaluation 评价",
    }
)
_AMOUNT_NAMES = _strengths(
    {
        1.0: "amount linetotal linevalue salesvalue lineamount itemtotal betrag positionswert montant importe monto 金额",
        0.97: "revenue amt totalprice totalamount umsatz gesamtpreis",
        0.95: "paid",
        0.9: "value total sales spend eventvalue summe",
        0.85: "sale",
        0.8: "price itemprice net gross lineitemprice preis prix precio prezzo preco 价格",
        0.75: "unitprice einzelpreis prixunitaire preciounitario 单价",
        0.7: "orderamount ordertotal secondsplayed",
        0.6: "playcount plays msplayed watchtime",
        0.5: "dwelltime",
        0.4: "quantity qty menge anzahl quantite cantidad weight duration 数量",
        0.35: "units unitssold",
        0.3: "count",
    }
)
QUANTITIES = words_of("quantity qty menge anzahl quantite cantidad units unitssold 数量")

_TITLE_NAMES = _strengths(
    {
        1.0: "title producttitle itemtitle movietitle booktitle titel titre titulo titolo 标题",
        0.97: "productname itemname productdisplayname artikelname produktname artikelbezeichnung nomproduit "
        "nombreproducto 商品名称 商品名 产品名称",
        0.95: "prodname trackname songname headline bezeichnung libelle 名称",
        0.9: "name businessname designation displayname prodnam nom nombre nome",
        0.85: "artistname",
        0.6: "label",
        0.5: "shortdescription",
        0.4: "description",
    }
)
_CATEGORY_NAMES = _strengths(
    {
        1.0: "categories category genres genre kategorie kategorien categorie categoria 类目 分类 类别 商品类目",
        0.99: "categorypath productcategory productcategoryname",
        0.97: "categoryname",
        0.96: "categorycode",
        0.95: "warengruppe",
        0.9: "producttype maincategory productgroupname producttypename produktgruppe",
        0.85: "categoryid departmentname aisle mastercategory rayon 类目id",
        0.8: "department productgroup itemgroup subcategory commoditydesc topics topic rubro",
        0.75: "tags",
        0.7: "aisleid commodity",
        0.65: "departmentid",
        0.6: "section tag",
        0.4: "type",
        0.3: "brand",
    }
)
_PRICE_NAMES = _strengths(
    {
        1.0: "price preis prix precio prezzo preco 价格",
        0.97: "currentprice verkaufspreis priceeur priceusd 售价",
        0.95: "unitprice saleprice prixvente 单价",
        0.9: "listprice retailprice",
        0.8: "rrp msrp",
        0.7: "vk",
    }
)
_DESCRIPTION_NAMES = _strengths(
    {
        1.0: "description productdescription itemdescription beschreibung descripcion descrizione 描述",
        0.97: "longdescription detaildesc",
        0.9: "desc",
        0.8: "summary overview synopsis 详情",
        0.7: "plot",
        0.6: "details",
        0.5: "body text",
    }
)
_FROM_NAMES = _strengths(
    {
        1.0: "availablefrom verfugbarab",
        0.97: "availablesince",
        0.95: "onlinefrom",
        0.9: "validfrom",
        0.8: "launchdate",
        0.7: "startdate publishedat",
    }
)
_UNTIL_NAMES = _strengths(
    {
        1.0: "availableuntil verfugbarbis",
        0.97: "availableto",
        0.95: "onlineuntil discontinuedat delistedat",
        0.9: "validuntil validto deletedat",
        0.7: "enddate",
    }
)
_EVENT_ID_NAMES = _strengths(
    {
        1.0: "eventid eventuuid",
        0.98: "orderlineid orderitemid orderdetailid",
        0.97: "lineid lineitemid reviewid ratingid interactionid",
        0.95: "logid hitid messageid insertid recordid positionsid clickid playid",
        0.9: "uuid guid rowid viewid salesid",
        0.85: "id",
        0.6: "purchaseid",
    }
)
_ORDER_NAMES = _strengths(
    {
        1.0: "orderid ordernumber orderno ordernr bestellid bestellnr bestellnummer idcommande numcommande "
        "commandeid idpedido pedidoid numpedido bestellungid 订单号 订单编号 订单id",
        0.95: "transactionid invoiceid invoiceno basketid receiptid auftragsnr rechnungsnr",
        0.9: "invoice",
        0.8: "order transaction ticketid",
        0.6: "cartid",
    }
)

NAMES: dict[str, dict[str, float]] = {
    "event_type": _EVENT_TYPE_NAMES,
    "rating": _RATING_NAMES,
    "amount": _AMOUNT_NAMES,
    "title": _TITLE_NAMES,
    "categories": _CATEGORY_NAMES,
    "price": _PRICE_NAMES,
    "description": _DESCRIPTION_NAMES,
    "available_from": _FROM_NAMES,
    "available_until": _UNTIL_NAMES,
    "event_id": _EVENT_ID_NAMES,
    "order": _ORDER_NAMES,
}

BARE_IDS = words_of("id nr no code key number nummer numero uuid pk 编号 objectid handle")
"""Names that say `id` and not of what; the name of the file may."""


ORDER_WORDS = words_of(
    "order orders transaction transactions invoice invoices receipt receipts basket baskets bestellung bestellungen "
    "auftrag auftrage rechnung rechnungen commande commandes pedido pedidos sale sales 订单"
)
"""Words in the name of a file that lists orders."""


PLAYED = words_of("artist album track song video")
"""Nouns of items that are played."""


_EVENT_NAMES: dict[EventType, str] = {
    "impression": (
        "impression impressions imp shown exposure expose exposed viewitemlist productlistviewed productsviewed "
        "promotionviewed viewpromotion listview displayed"
    ),
    "view": (
        "view views viewed pv pageview pageviews pageviewed detail details detailview detailpageview viewitem "
        "viewproduct productview productviewed itemview viewdetail visit visited browse browsing show open opened read "
        "look viewcontent ansicht aufruf angesehen gesehen seitenaufruf vue vu consultation vista visto ver "
        "visualizacion visualizzazione 浏览 查看 看"
    ),
    "click": (
        "click clicks clicked clickout clk selectitem selectcontent productclicked productclick tap klick geklickt clic "
        "clique clico 点击"
    ),
    "cart": (
        "cart addtocart addcart addedtocart tocart cartadd basket addtobasket basketadd addtobag bag productadded "
        "itemadded checkout begincheckout checkoutstarted warenkorb inwarenkorb indenwarenkorb warenkorbhinzugefugt "
        "panier ajoutpanier ajoutaupanier carrito anadiralcarrito agregaralcarrito carrello 加购 加入购物车 加购物车 购物车"
    ),
    "purchase": (
        "purchase purchases purchased buy buys bought order orders ordered orderplaced ordercompleted completedorder "
        "orderproduct transaction transactions sale sales sold pay paid payment conversion convert checkoutcompleted "
        "purchasecompleted placeorder book booked booking reservation rent rental borrow loan checkin download install "
        "kauf gekauft kaufen bestellung bestellt achat achete commande compra comprado comprar pedido acquisto ordine 购买 "
        "下单 支付 成交 买"
    ),
    "rating": (
        "rating rate rated rates ratings review reviewed stars star score feedback bewertung bewertet note notation avis "
        "calificacion valoracion resena 评分 评价"
    ),
    "play": (
        "play plays played listen listened listening stream streamed watch watched watching playback scrobble start "
        "abgespielt gehort ecoute lecture reproduccion 播放 收听 观看"
    ),
    "like": (
        "like likes liked fav favorite favorites favourite favourites favorited favourited addtofavorites "
        "addtofavourites wishlist addtowishlist wishlistadd productaddedtowishlist wish save saved bookmark bookmarked "
        "collect collected collection thumbsup thumbup upvote heart follow share shared merkzettel wunschliste gemerkt "
        "favori favoris jaime megusta favorito 收藏 喜欢 点赞 分享 关注"
    ),
    "dislike": "dislike dislikes disliked thumbsdown thumbdown downvote unlike 不喜欢 踩",
    "hide": "hide hidden notinterested block blocked dismiss dismissed 屏蔽 不感兴趣",
}
EVENT_TYPE_OF = {word: kind for kind, words in _EVENT_NAMES.items() for word in words.split()}
CODED_EVENTS: tuple[tuple[frozenset[str], dict[str, EventType], str], ...] = (
    (
        frozenset("1234"),
        {"1": "view", "2": "like", "3": "cart", "4": "purchase"},
        "Alibaba's data: 1 view, 2 favourite, 3 cart, 4 purchase",
    ),
    (
        frozenset("0123"),
        {"0": "view", "1": "cart", "2": "purchase", "3": "like"},
        "Tmall's data: 0 click, 1 cart, 2 purchase, 3 favourite",
    ),
)
"""Numbers that stand for event types: the codes, what they mean, and whose they are."""

_FILES_OF: dict[str, str] = {
    "events": (
        "event events log logs interaction interactions activity activities behavior behaviors hits traffic feedback "
        "actions useractions journal"
    ),
    "items": (
        "item items product products produkt produkte produktkatalog article articles artikel artikelstamm catalog "
        "catalogue katalog sku skus movie movies book books business businesses meta metadata stock inventory producto "
        "productos produit produits catalogo songs tracks artists 商品 产品"
    ),
    "users": (
        "user users customer customers kunde kunden kundenstamm client clients cliente clientes member members visitor "
        "visitors account accounts crm people utilisateurs usuarios subscribers 用户 会员 客户"
    ),
    "purchase": (
        "order orders purchase purchases sale sales transaction transactions transaktionen invoice invoices bestellung "
        "bestellungen verkauf verkaufe verkaeufe kaufe kauf receipts receipt commande commandes ventes achats pedido "
        "pedidos ventas compras checkout checkouts lineitems orderlines retail pos bookings rentals loans 订单 销售 交易 "
        "checkins checkin"
    ),
    "view": "view views pageview pageviews visit visits detail",
    "click": "click clicks clickstream klicks",
    "rating": "rating ratings review reviews bewertungen avis resenas 评分 评价",
    "play": "play plays listen listens listening stream streams streaming scrobbles history watch",
    "cart": "cart carts basket baskets warenkorb panier carrito",
    "like": "like likes favorites favourites wishlist wishlists bookmarks merkzettel",
    "impression": "impression impressions",
}
FILE_WORD_OF = {word: kind for kind, words in _FILES_OF.items() for word in words.split()}
