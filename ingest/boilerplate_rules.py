# ruff: noqa: E501 - a wording is easier to read and to extend where its alternatives stand together
"""What boilerplate says of itself: wordings, as data, each with a reason in plain words.

A rule is certain where its wording can hardly stand in an article ("VAT Number: …"): such a block
is left out wherever it is. All other rules are evidence, weighed with everything else that
`ingest.boilerplate` knows of a block. An opener begins a part of the page (comments, related
articles) and lends its reason to the blocks left out after it.
"""

import re
from dataclasses import dataclass

from ingest.boilerplate_reasons import (
    ACCOUNT,
    ADVERTISEMENT,
    AUTHOR,
    BYLINE,
    COMMENT_FORM,
    COMMENTS,
    COMPANY,
    CONTENTS,
    CONTROLS,
    COOKIES,
    CREDIT,
    DISCLAIMER,
    LEGAL,
    MENU,
    NEWSLETTER,
    RELATED,
    SEARCH,
    SHARE,
)


@dataclass(frozen=True, slots=True)
class Rule:
    """`pattern` is searched for in a block of at most `words` words.

    `certain` alone suffices to leave the block out; where it is `framed` too, only on a page that
    holds the frame of a site, for an article may have the same words. An `opens` rule begins a part
    of the page when its block is a line of its own. `hints` are groups of signs: a text that the
    pattern matches has, in lower case, one of each group. They spare most blocks the slow patterns (see
    `ingest.boilerplate_wordings`). A space inside a hint is any one space between two words; at its
    ends it stands for the beginning or end of a word. An `anchored` pattern matches at the
    beginning of a block or nowhere.
    """

    reason: str
    pattern: re.Pattern[str]
    words: int
    certain: bool = False
    framed: bool = False
    opens: bool = False
    hints: tuple[tuple[str, ...], ...] = ()
    anchored: bool = False


def _rule(
    reason: str,
    pattern: str,
    words: int = 12,
    *,
    certain: bool = False,
    framed: bool = False,
    opens: bool = False,
    hints: str = "",
    anchored: bool = False,
) -> Rule:
    """Return a rule; in `hints`, "&" stands between groups of them, "_" for a space."""
    compiled = re.compile(pattern, re.IGNORECASE | re.VERBOSE)
    groups = tuple(
        tuple(hint.replace("_", " ") for hint in group.split()) for group in hints.split("&")
    )
    found = groups if hints else ()
    return Rule(reason, compiled, words, certain, framed, opens, found, anchored)


_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DATE = (
    rf"(?:\d{{1,2}}(?:st|nd|rd|th)?\.?\s+{_MONTH}\.?,?\s+\d{{4}}"
    rf"|{_MONTH}\.?\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}"
    r"|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:19|20)\d\d)"
)
_DOES = (
    "has_ have_ hold earned graduated received live studied covers writes specialises specializes"
    " enjoys is_also is_currently is_passionate is_a_"
)
_SOMEBODY_DOES = " ".join(
    f"_{who}_{does}" for who in ("she", "he", "they") for does in _DOES.split()
)

_TELEPHONE = (
    r"(?!.*\d\.\d+\s*[-–]\s*\d)(?:\+|\(|0|1[-.\s]\(?\d{3}\b|\d{2,4}[-.\s]\d{3,4}[-.\s]\d)"
    r"(?=(?:\D*\d){6})[\d\s().-]{5,24}"
)
"""Numbers grouped as a telephone's are, of seven digits or more; no range of values: "18.5 - 24.9"."""

RULES: tuple[Rule, ...] = (
    # Forms
    _rule(
        COMMENT_FORM,
        r"^(?:leave\ (?:a|your)\ (?:reply|comment|response)|(?:post|write|add|submit|make)\ (?:a|your)"
        r"\ (?:comment|reply)|join\ the\ (?:conversation|discussion)|cancel\ reply"
        r"|(?:your|share\ your|tell\ us\ your)\ (?:thoughts|opinion|views)(?:\ on\ this|\ below"
        r"|\ in\ the\ comments)\W*$|(?:share|tell\ us)\ your\ (?:thoughts|opinion|views)\W*$|deja\ (?:un\ comentario|una\ respuesta)"
        r"|laisser\ un\ commentaire|schreibe?n?\ (?:einen\ kommentar|sie\ einen\ kommentar)"
        r"|deixe\ (?:um\ comentário|uma\ resposta)|lascia\ un\ commento)\b",
        8,
        certain=True,
        opens=True,
        anchored=True,
    ),
    _rule(
        COMMENT_FORM,
        r"^(?:have\ your\ say|your\ (?:thoughts|opinion|views)|what\ do\ you\ think)\W*$",
        8,
        certain=True,
        framed=True,
        opens=True,
        anchored=True,
    ),
    _rule(
        COMMENT_FORM,
        r"your\ e-?mail(?:\ address)?\ will\ not\ be\ (?:published|shared)"
        r"|required\ fields\ are\ marked|save\ my\ name,?\ e-?mail|notify\ me\ (?:of|by|when)\b"
        r".*\b(?:comment|post|e-?mail|repl)|you\ must\ be\ (?:logged|signed)\ in\ to"
        r"|(?:comments|replies)\ are\ (?:now\ )?(?:closed|moderated|disabled)"
        r"|please\ (?:log|sign)\ in\ to\ (?:comment|reply|leave)",
        60,
        certain=True,
        hints="mail required notify logged signed closed moderated disabled comment",
    ),
    _rule(
        COMMENTS,
        r"^(?:\(?\d+\)?\ )?(?:user\ |reader\ |view\ |show\ |read\ |all\ |see\ |load\ |most\ recent\ )*"
        r"(?:comments?|replies|responses|kommentare|comentarios|comentários|commentaires|commenti)"
        r"(?:\ section|\ policy)?(?:\ ?\(?\d+\)?)?(?:\ (?:so\ far|on\ (?:this|“|\").*))?\W*$",
        9,
        opens=True,
        anchored=True,
    ),
    _rule(
        COMMENTS,
        r"^(?:user\ avatar|avatar|profile\ (?:photo|picture|image))\b|^guest$"
        r"|^(?:reply|report|flag|quote|upvote|like)(?:\ (?:reply|report|flag|share|like))*$"
        r"|\b(?:posts?|messages|likes|joined|member\ since):?\ \d|^\d+\ (?:likes?|upvotes?|replies)$"
        r"|^(?:\S+\ ){1,4}(?:says|said|wrote|commented|replied)\ ?:?$|\b\d+\ (?:minutes?|hours?|days?|weeks?|months?|years?)"
        r"\ ago\W*$",
        9,
        hints="avatar profile guest reply replies report flag quote upvote _like post messages joined"
        " member_since says said wrote commented replied _ago_",
    ),
    _rule(
        COMMENTS,
        r"^(?:user\ avatar|avatar)\b.{0,30}$|^log\ in\ or\ register\ to"
        r"|^\d+\ (?:responses|thoughts|comments|replies)\ (?:to|on)\b|^feed\ for\ comments",
        24,
        certain=True,
        opens=True,
        anchored=True,
    ),
    _rule(
        COMMENTS,
        r"^(?!(?:the|an?|your|our|my|this|one|every|their|his|her|who|what|it|dr\.?)\ )"
        r"(?:\S+\ ){1,4}says\ ?:$",
        24,
        certain=True,
        framed=True,
        opens=True,
        anchored=True,
    ),
    _rule(
        NEWSLETTER,
        r"^(?:get|join|receive|subscribe\ to|sign\ up\ (?:for|to)|signup\ for|don[’']t\ miss)\b.*"
        r"\b(?:newsletters?|mailing\ list|inbox|e-?mail\ (?:updates|alerts|list)|weekly\ (?:digest"
        r"|update)|daily\ (?:digest|briefing|email))\b|\bnewsletter\ (?:sign[- ]?up|subscription)\b"
        r"|^(?:(?:our|the|free|daily|weekly|health|e-?mail)\ )*newsletters?$",
        24,
        certain=True,
        opens=True,
        hints="newsletter mailing inbox mail week daily briefing digest",
    ),
    _rule(
        NEWSLETTER,
        r"^(?:enter|your|type)\ (?:your\ )?e-?mail|^e-?mail(?:\ address)?\ ?[*:]?$|^subscribe\b"
        r"|^sign\ ?up\b|thank\ you\ for\ (?:subscribing|signing\ up)|unsubscribe"
        r"|by\ (?:signing\ up|subscribing|clicking|entering\ your)|\byour\ inbox\b"
        r"|\b(?:tips|advice|news|updates)\b.*\b(?:from\ our|straight|delivered|right)\b",
        30,
        hints="mail subscri _up_ signup signing clicking entering inbox tips advice news updates",
    ),
    _rule(
        COOKIES,
        r"\b(?:we|site|website|page|partners)\b.{0,40}\buses?\ cookies|\b(?:accept|reject|manage)\ "
        r"(?:all\ )?(?:cookies|preferences)|\bcookie\ (?:policy|settings|notice|preferences|consent)\b"
        r"|\byour\ privacy\ (?:is\ important|matters|choices|rights)|do\ not\ sell\ (?:or\ share\ )?my"
        r"|any\ information\ you\ provide\ to\ (?:this|our)\ (?:web)?site|\bGDPR\b"
        r"|we\ and\ our\ partners\ (?:store|process)",
        70,
        certain=True,
        hints="cookie preferences privacy gdpr _sell_ our_partners _site website",
    ),
    _rule(
        COOKIES,
        r"\b(?:privacy\ (?:policy|notice|statement|settings)|terms\ (?:of|and|&)\ (?:use|service|conditions)"
        r"|your\ (?:personal\ )?(?:data|consent))\b|^privacy$|^terms$",
        40,
        hints="privacy terms _data_ _consent_ personal",
    ),
    _rule(
        SHARE,
        r"^(?:share|tweet|pin|pin\ it|print|e-?mail|facebook|twitter|linkedin|pinterest|whatsapp"
        r"|reddit|instagram|youtube|tumblr|telegram|rss|copy(?:\ link)?|x|flipboard|messenger|save"
        r"|bookmark|download|like|follow|sms|pocket|google\ ?\+?|link|more|\d++|[|/•·,&+])"
        r"(?:(?:\ ?[|/•·,&]\ ?|\ )?(?:share[sd]?|tweet|pin|it|print|e-?mail|facebook|twitter|linkedin"
        r"|pinterest|whatsapp|reddit|instagram|youtube|tumblr|telegram|rss|copy|link|x|this|on|to|via|by|us"
        r"|article|page|story|post|a|friend|flipboard|messenger|save|bookmark|like|follow|sms|\d++"
        r"|options|with|your|friends|network|pocket|google|\+))*\W*$",
        14,
        anchored=True,
    ),
    _rule(
        SHARE,
        r"^(?:share|tweet|pin|print|e-?mail)\ this\ (?:article|page|post|story|entry|link|with\ (?:a\ friend"
        r"|(?:your\ )?friends))\b.{0,24}$|^click\ to\ (?:share|e-?mail|print|copy)\b|opens\ in\ (?:a\ )?new\ "
        r"window|^follow\ (?:us|@)|^(?:like|find)\ us\ on\b|^connect\ with\ us\b|^share\ the\ love",
        14,
        certain=True,
        hints="share_this tweet_this pin_this print_this mail_this click_to opens_in follow like_us_"
        " find_us_ connect_with share_the",
    ),
    _rule(
        MENU,
        r"^(?:home(?:page)?|start(?:seite)?|accueil|inicio|início)\ *[>»›/|·→]",
        16,
        certain=True,
        anchored=True,
    ),
    # Other pages of the site
    _rule(
        RELATED,
        r"^(?:related|recommended|popular|trending|latest|more|similar|recent|most\ (?:read|popular|viewed"
        r"|shared)|top|featured|editor[’']?s?[’']?|other|suggested|next|previous|further)\ "
        r"(?:\w+\ )?(?:articles?|posts?|stories|story|news|content|links|topics|reading|pages?|products?"
        r"|videos?|guides?|searches|questions|conditions|resources|headlines|coverage|picks|for\ you"
        r"|from\b.{0,40}|on\ this\b.{0,20}|like\ this|in\ this\ section|information)\W*$"
        r"|^(?:(?:you\ (?:may|might)|we\ think\ you[’']ll)\ (?:also\ )?(?:like|love|enjoy|be\ interested\ in)"
        r"|readers\ also\ (?:liked|read)|what\ to\ read\ next|up\ next|read\ (?:this\ )?next|don[’']t\ miss"
        r"|keep\ reading|trending(?:\ now)?|popular|most\ read|recommended|related"
        r"|from\ (?:the|our|around)\ (?:web|partners|archives?)|see\ also|lire\ aussi|mehr\ zum\ thema"
        r"|artículos\ relacionados|artigos\ relacionados|articoli\ correlati|leia\ (?:também|mais))\W*$",
        10,
        opens=True,
        anchored=True,
    ),
    _rule(
        RELATED,
        r"^(?:read|see|learn|find\ out|view|watch|show|load|discover|explore)\ (?:more|also|all|next"
        r"|less|full\ (?:story|article|bio))\b(?!\ than)|^(?:read|watch|see|also|related|more|next|previous"
        r"|lire|leia|ver)\ ?(?:article|post|story|on|more|also)?\ ?[:>»←→].{0,120}$|^(?:«|←|‹|<<?|>>?|»|→|›)"
        r"|(?:»|→|›|>>)$|^(?:continue\ reading|click\ here|back\ to\ (?:top|home)|go\ to|(?:older|newer"
        r"|next|previous)(?:\ (?:post|article|page|entries|story))?$|via:|source:|tags?:|filed\ under"
        r"|categor(?:y|ies):|posted\ in|topics:|labels?:|in\ this\ article:?$)",
        24,
        hints="_read _see _learn find_out _view _watch _show _load _discover _explore _also _related"
        " _more _next _previous _lire _leia _ver « ← ‹ < > » → › continue_reading click_here back_to"
        " go_to _older _newer via: source: tag: tags: filed_under category: categories: posted_in"
        " topics: label: labels: article",
    ),
    _rule(
        RELATED,
        r"^(?:related|read\ (?:more|also|next|this)|also\ read|see\ also"
        r"|lire\ aussi|leia\ (?:também|mais)|leggi\ anche|lea\ también|lesen\ sie\ auch)\ ?:\ ?\S.*[^.]$",
        18,
        certain=True,
        anchored=True,
    ),
    _rule(
        RELATED,
        r"^(?:recommended|watch|don[’']t\ miss)\ ?:\ ?(?-i:[A-Z“‘\"']).*[^.]$",
        18,
        certain=True,
        framed=True,
        anchored=True,
    ),
    _rule(
        CONTENTS,
        r"^(?:(?:table\ of\ )?contents|in\ this\ article|on\ this\ page|jump\ to|skip\ to"
        r"|page\ contents|article\ contents|quick\ links|overview\ of\ this\ page)\b.{0,40}$",
        7,
        anchored=True,
    ),
    # People
    _rule(
        AUTHOR,
        r"^(?:about\ (?:the|this|our)\ (?:author|writer|expert|reviewer|contributor)s?|author\ (?:bio|info"
        r"(?:rmation)?|details|profile)|meet\ (?:the|our)\ (?:author|team|expert)s?|the\ author|author)\W*$",
        6,
        certain=True,
        opens=True,
        anchored=True,
    ),
    _rule(
        AUTHOR,
        r"\bmy\ name\ is\b|\b(?:is|was)\ an?\ (?:\w+[ -]){0,4}(?:writer|journalist|reporter|editor"
        r"|contributor|blogger|freelancer?|correspondent|columnist|author|photographer|copywriter)\b"
        r"|\b(?:she|he|they)\ (?:has|have|holds?|earned|graduated|received|lives?|studied|covers|writes"
        r"|specialises|specializes|enjoys|is\ (?:also|currently|passionate|a\ member))\b"
        r"|\b(?:I’m|I'm|I\ am)\ an?\ (?:\w+[ -]){0,4}(?:graduate|student|writer|doctor|nurse|pharmacist"
        r"|physiotherapist|dietitian|nutritionist|blogger|coach|editor)\b|\bhas\ been\ (?:writing|covering)"
        r"|\bpassionate\ about\b|^[A-Z][\w.]+\ [A-Z]\w+,?\ (?:MD|PhD|RN|MBBS|RD|DPT|MSc|BSc)\b"
        r"|\b(?:view|see|read)\ (?:all|more)\ (?:posts|articles|by|from)\b",
        120,
        hints="writer journalist reporter editor contributor blogger freelance correspondent columnist"
        " author photographer copywriter my_name _i’m_ _i'm_ _i_am_ writing covering passionate"
        f" {_SOMEBODY_DOES} _md _phd _rn _mbbs _rd _dpt _msc _bsc view_all see_all read_all"
        " view_more see_more read_more",
    ),
    _rule(
        AUTHOR,
        r"^(?:(?:bachelors?|masters|diploma|b\.?sc|m\.?sc|ph\.?d|mbbs|ba|bs|ma|md|mph)\b(?:’s|'s)?[,\ (-]"
        r"|(?:master|doctor)(?:(?:’s|'s)\ |\ of\ )).*\b(?:university|college|school|institute|hon(?:our)?s)\b[^.]*$"
        r"|^(?i:hello|hi)?\W*my\ name\ is\ .*\b(?:graduated?|degree|doctor|nurse|pharmacist"
        r"|physiotherapist|writer|editor|journalist|student|studied|studying|passionate|career"
        r"|years\ of\ experience|speciali[sz])",
        200,
        certain=True,
        anchored=True,
    ),
    _rule(
        BYLINE,
        rf"^(?:(?:(?:medically|clinically|scientifically|expertly)\ )?(?:fact[- ]checked|reviewed|checked"
        rf"|written|edited|posted|published|updated|modified|authored|created|submitted)\b.*|by:?\ "
        rf"(?-i:[A-Z])\S*(?:\ \S+){{0,7}}|last\ (?:updated|reviewed|modified|edited)\b.*|(?:first\ )?published"
        rf"\b.*|date:.*|author:.*|reading\ time.*|\d+\ min(?:ute)?s?\ (?:read|ago).*|(?:on\ )?(?:\w+day,?\ )?"
        rf"{_DATE}(?:.{{0,30}})|(?:updated|published|posted)?:?\ ?\d+\ (?:minute|hour|day|week|month|year)s?"
        rf"\ ago.*|next\ review.*)$",
        16,
        anchored=True,
    ),
    _rule(BYLINE, _DATE, 12, hints="0 1 2 3 4 5 6 7 8 9"),
    # Company, law, money
    _rule(
        COMPANY,
        r"\b(?:VAT|company|registration|registered|charity|tax|ABN|EIN|CRN)\ ?(?:reg(?:istration)?\.?\ ?)?"
        r"(?:number|no\.?|nr\.?|id|\#)\s*[:.]?\s*[A-Z]{0,3}\ ?\d|\bregistered\ (?:in\ england|office|charity"
        r"\ (?:no|number|in)|company)|\b(?:USt-?IdNr|Handelsregister|SIRET|P\.?\ ?IVA|NIF|CNPJ)\b",
        30,
        certain=True,
        hints="vat company regist charity tax abn ein crn idnr handels siret iva nif cnpj",
    ),
    _rule(
        COMPANY,
        r"^(?:e-?mail|phone|tel(?:ephone)?|fax|mobile|whatsapp)(?:\ (?:number|address|us))?\s*:"
        rf"\s*(?:{_TELEPHONE}|\S+@\S+)?$|^{_TELEPHONE}$|^\S+@\S+\.\w+$",
        10,
        certain=True,
        framed=True,
        anchored=True,
    ),
    _rule(
        COMPANY,
        r"^(?:e-?mail|phone|tel(?:ephone)?|fax|address|mobile|whatsapp|call(?:\ us)?|contact|hours|office)"
        r"(?:\ (?:number|address|us|hours))?\s*:|^\(\d{3}\)\ \d{3}|\bP\.?\ ?O\.?\ Box\b"
        r"|(?-i:\b[A-Z]{1,2}\d[A-Z\d]?\ \d[A-Z]{2}$)|(?-i:\b[A-Z]{2}\ \d{5}(?:-\d{4})?$)"
        r"|\b(?:Ltd|Limited|Inc|LLC|LLP|GmbH|PLC|S\.A\.|Pty)\.?$|^\d+[a-z]?,?\ (?:\w+\ ){1,4}(?:road|rd|street"
        r"|st|avenue|ave|lane|drive|court|suite|square|blvd|boulevard|place)\b[^.?!]{0,60}$",
        16,
        hints="0 1 2 3 4 5 6 7 8 9 mail phone tel fax address mobile whatsapp call contact hours office"
        " box ltd limited inc llc llp gmbh plc s.a pty",
    ),
    _rule(
        COMPANY,
        r"^(?:contact\ us|about\ us|our\ (?:team|mission|story)|careers|advertise(?:\ with\ us)?|press"
        r"|help(?:\ cent(?:re|er))?|support|faq|site\ ?map|imprint|impressum|locations|book\ (?:an\ )?"
        r"appointment(?:\ now)?|make\ an\ appointment|find\ a\ (?:doctor|clinic|location|provider)"
        r"|request\ (?:an\ )?appointment|accessibility|get\ directions|opening\ (?:hours|times))\W*$"
        r"|\b(?:is|are)\ an?\ [\w\ -]{0,60}\b(?:platform|company|provider\ of|start-?up|publisher|network|agency)\b"
        r"|\bour\ (?:mission|vision|clinic|platform|services|products)\b|\baims?\ to\ provide\b",
        45,
        hints="_us_ our_team our_mission our_story careers advertise press help support"
        " faq site_map sitemap imprint impressum locations appointment find_a_ accessibility"
        " get_directions opening_ platform company provider_of startup start-up publisher network"
        " agency our_vision our_clinic our_services our_products aim_to_ aims_to_",
    ),
    _rule(
        LEGAL,
        r"©|\(c\)\ ?(?:19|20)\d\d|\bcopyright\b.{0,12}(?:\d{4}|by|©)|\ball\ rights\ reserved\b"
        r"|may\ not\ be\ (?:published|reproduced|broadcast|rewritten)",
        90,
        certain=True,
        hints="© (c) copyright reserved published reproduced broadcast rewritten",
    ),
    _rule(
        LEGAL,
        r"\btrademarks?\b|\blicen[sc]ed\ under|\bcreative\ commons|\blegal\ notice\b",
        60,
        hints="trademark licen creative legal",
    ),
    _rule(
        DISCLAIMER,
        r"\b(?:content|information|article|page|site|website|blog|material|advice|post|statements?)\b.{0,160}"
        r"\b(?:not|isn[’']t|never|neither|no)\b.{0,60}\b(?:intended|meant|designed|substitute|replace(?:ment)?"
        r"|constitute|(?:medical|professional)\ (?:advice|guidance|counsel)|diagnos)"
        r"|\b(?:for|purely)\ (?:general\ )?(?:informational|information|educational)\b.{0,20}"
        r"(?:purposes?)?\b.{0,10}\bonly\b|\bnot\ (?:a\ )?substitute\ for\ (?:\w+\ ){0,3}(?:medical|professional)"
        r"|\b(?:purely|solely|only)\ informational\b|\bhave\ not\ been\ evaluated\ by\b"
        r"|\beditorial\ (?:standards|policy|guidelines|process)\b|^(?:medical\ )?disclaimer\b",
        150,
        hints="substitut intended meant designed replace constitut advice guidance counsel diagnos informational information educational evaluated editorial disclaimer"
        " & content information article page site blog material advice post statement educational substitut evaluated editorial disclaimer"
        " & _not_ _isn’t_ _isn't_ _never_ _neither_ _no_ only informational editorial disclaimer",
    ),
    _rule(
        DISCLAIMER,
        r"\b(?:(?:this|these|our|the|all|any|such|provided|site)\ contents?|information|articles?|page|site"
        r"|website|blog|material)\b[^.]{0,160}\b(?:not|isn[’']t|never)\b(?:[^.]{0,60}"
        r"\b(?:substitutes?|replac(?:es?|ing|ements?)|constitutes?)\b[^.]{0,60}"
        r"\b(?:medical|professional|physician|doctor)|[^.,;:]{0,60}\b(?:is|as|be|offer|provide)\ "
        r"(?:(?!(?:if|seek|get|ask|call|see|need|to|find)\b)[\w-]+,?\ ){0,6}"
        r"(?:medical|professional|doctor[’']s|physician[’']s)\ (?:[\w-]+,?\ ){0,4}?advice)|\b(?:for|purely|solely)\ (?:general\ |educational\ and\ "
        r")?informational\b[^.]{0,40}\b(?:only|not|isn[’']t)\b",
        150,
        certain=True,
        hints="medical professional physician doctor informational"
        " & content information article page site blog material"
        " & _not_ _isn’t_ _isn't_ _never_ only",
    ),
    _rule(
        ADVERTISEMENT,
        r"^(?:advertise?ments?|sponsored(?:\ (?:content|links?|by\b.{0,30}|post))?|ads?\ by\b.{0,20}|ad|promoted"
        r"|publicidad|publicidade|anzeige|werbung|pubblicità|publicité|(?:story|article)\ continues\ below"
        r"(?:\ (?:advertisement|ad))?|(?:scroll|continue)\ (?:down\ )?to\ (?:continue|read)\b.{0,20}"
        r"|paid\ (?:content|partnership)|this\ (?:post|article|page)\ (?:may\ )?contains?\ affiliate\ links.*)\W*$",
        14,
        certain=True,
        anchored=True,
    ),
    _rule(
        ADVERTISEMENT,
        r"\b(?:buy\ now|shop\ now|add\ to\ (?:cart|basket)|order\ now|free\ (?:shipping|delivery|trial)"
        r"|affiliate|coupon|promo\ code|limited\ time|\d+%\ off|best\ deals?|special\ offer"
        r"|download\ (?:our|the)\ (?:free\ )?(?:app|ebook|guide))\b",
        40,
        hints="buy shop add order free affiliate coupon promo limited off deal offer download",
    ),
    _rule(
        CREDIT,
        r"^(?:\(?(?:photo(?:graph)?|image|picture|illustration|graphic|video|featured\ image|cover)s?\ ?"
        r"(?:credits?|sources?|courtesy|by|via|from|:|©|/)|credits?\ ?:|getty\ images|shutterstock|istock"
        r"|unsplash|pexels|pixabay|enlarge|view\ (?:image|gallery|slideshow)|image\ \d+\ of|close\ modal)"
        r"|\b(?:getty|afp|ap\ photo|reuters|shutterstock|istock(?:photo)?|alamy|wikimedia)\b\W?"
        r"(?:images|photo)?\)?\W*$",
        40,
        hints="photo image picture illustration graphic video cover credit getty shutterstock istock"
        " unsplash pexels pixabay enlarge view_gallery view_slideshow close_modal afp reuters alamy"
        " wikimedia",
    ),
    # Controls
    _rule(
        SEARCH,
        r"^(?:search|suche|buscar|rechercher|cerca|pesquisar)(?:\ (?:this|our|the))?(?:\ (?:site|website|articles"
        r"|library|topics|results|for|here))?\W*$|(?:could|did|can)\ ?n[o’']?t\ find\ what\ you(?:\ (?:a|we)re|[’']re)?"
        r"\ look|^no\ results\ (?:found|for)\b|^type\ (?:and\ hit|to\ search|your\ search)\b|^what\ are\ you\ "
        r"looking\ for\W*$|^looking\ for\ something\ else",
        12,
        certain=True,
        hints="_search _suche buscar recherch cerca pesquisar find_what results _hit_ looking_for",
    ),
    _rule(
        ACCOUNT,
        r"^(?:(?:log|sign)[- ]?(?:in|out|up|on)|register|my\ account|account|profile|create\ (?:an\ )?account"
        r"|forgot(?:ten)?\ (?:your\ )?password\??|password|username|remember\ me|subscribe(?:\ now)?"
        r"|become\ a\ member|donate(?:\ now)?|(?:login|sign\ in)\ (?:to|with)\b.{0,30})\W*$",
        7,
        certain=True,
        anchored=True,
    ),
    _rule(
        CONTROLS,
        r"^(?:close|open|menu|toggle\b.*|skip\ to\b.*|back|next|previous|submit|send|ok|cancel|reset|play|pause|mute"
        r"|loading|please\ wait|show\ (?:more|less|all)|view\ all|see\ all|load\ more|expand(?:\ all)?|collapse"
        r"|edit|reply|report|home|print(?:\ this\ page)?|feedback|was\ this\ (?:helpful|article\ helpful|page\ "
        r"helpful|information\ helpful|useful)\b.*|rate\ this\b.*|yes|no|yes\ ?[|/]?\ ?no|thanks?\ for\ your\ "
        r"feedback.*|page\ \d+(?:\ of\ \d+)?|\d+\ ?(?:/|of)\ ?\d+|\W*|more|listen|translate|language|english"
        r"|please\ enable\ javascript\b.*|your\ browser\b.*)\W*$",
        12,
        anchored=True,
    ),
)
