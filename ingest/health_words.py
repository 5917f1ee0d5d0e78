"""Whether an English text speaks of health: the stems of its commonest words."""

import re

_HEALTH = re.compile(
    r"\b(?:aches?|acute|allerg|arthritis|arter|asthma|blood|bone|brain|breath|cancer|chronic|clinic|cough"
    r"|cramp|deficien|diabet|diagnos|diarrh|diet|disease|disorder|doctor|dose|drug|exercise|fatigue|fever"
    r"|fracture|headache|health|heart|hormon|hospital|inflam|infect|injur|insulin|itch|joint|kidney"
    r"|ligament|liver|lung|medic|mineral|muscle|nausea|nerve|nurse|nutri|pain|patient|pharmac|physician"
    r"|physio|pregnan|prescri|rash|sleep|sore|spasm|stomach|stress|stretch|stroke|surge|swell|swollen|symptom"
    r"|syndrome|tablet|tendon|therap|tingl|tissue|treat|tumou?r|twitch|ulcer|urine|vaccin|vein|virus"
    r"|vitamin|vomit|weakness|wound|ankle|dentist|elbow|eyes?\b|eyelid|knee|optician|shoulder|skin|throat)",
    re.IGNORECASE,
)


def is_about_health(text: str) -> bool:
    """Return whether an English text has a word of health in it."""
    return _HEALTH.search(text) is not None
