"""Phrases: the words by which a clause shows that it orders, asks, tells or works on a text.

Everything is in the form that readings have: lower case, no accents, no punctuation. What is
looked up as a whole word stands in a frozenset, what ends a phrase in a tuple for `endswith`.
"""

from __future__ import annotations

POLITE = frozenset(
    b"please kindly pls plz just then also now ok okay hey hi hello so first next finally go ahead"
    b" simply immediately quickly permanently safely recursively automatically forcibly force"
    b" completely fully carefully instead always once yes yeah sure right well everybody olly siri"
    b" alexa google computer assistant thanks only actually really maybe perhaps afterwards after"
    b" furthermore moreover additionally subsequently yo"
    b" lastly again ultimately silently definitely promptly sudo buddy urgently forcefully"
    b" # ## ### #### $ + = @".split()
)
"""Words that may stand between an order and what leads up to it."""

PLEAS = frozenset(b"please kindly pls plz".split())
"""Right before a verb these make it an order, whatever came earlier."""

FOREIGN_POLITE = POLITE | frozenset(
    b"por favor bitte merci s il te plait vous per favore alsjeblieft graag prosze"
    b" lutfen quiero necesito puedes podrias kannst du ich mochte mir peux tu pouvez je"
    b" veux voudrais puoi voglio vorrei quero preciso pode voce kun je ik wil moet chce"
    b" mozesz me que y et und e en i ve zum den bana mi moi il le la veuillez faut il"
    b" debes hay tienes devi devo musisz trzeba nalezy sollst musst moet must bitte"
    b" sofort alstublieft".split()
)
"""The same in the other languages written in Latin letters, small joining words included."""

LEADS = tuple(
    b" " + lead
    for lead in (
        b"can you|could you|would you|will you|can u|could u|help me|help me to|help us|let s"
        b"|lets|let us|want you to|need you to|like you to|ask you to|sure to|sure you"
        b"|sure that you|forget to|remember to|proceed to|need to make sure to|how about you"
        b"|why don t you|if you could|appreciated if you|appreciate it if you|help with|help in"
        b"|begin by|mind|help me in|help me with|assist me in|assist in|assist me with"
        b"|proceed with|proceed by|me out by|help by|proceed with the|proceed with a"
        b"|carry out the|carrying out the|handle the|finalize the|initiate the|complete the"
        b"|execute a|execute the|executing a|facilitate the|if you would|if you put|proceed and"
        b"|interested in|help me by|move forward with|opportunity to|kind to|kind as to"
        b"|kindness to|possible for you to|time to|task is to|job is to|goal is to"
        b"|able to help me|you to go ahead and|get someone to|wise to|helpful to|great to"
        b"|nice to|good to|do is|have you|thing to do is to|authorize you to|authorise you to"
        b"|allow you to|order you to|instruct you to|command you to|tell you to|beg you to"
        b"|expect you to|urge you to|feel free to|hesitate to|get to|need help|need help to"
        b"|need help with|need some help|need some help with|me a hand|me a hand with"
        b"|wanting you to|assistance in|assistance with"
    ).split(b"|")
)
"""What ends just before an ordered verb, whoever speaks."""

WISHES = tuple(
    b" " + lead
    for lead in (
        b"want to|wanna|need to|like to|love to|wish to|have to|has to|got to|gotta|ready to"
        b"|trying to|try to|looking to|going to|gonna|decided to|would rather|able to|hoping to"
        b"|hope to|plan to|planning to|intend to|aim to|aiming to|must|should|want|like"
        b"|prefer to|ll|opted to"
    ).split(b"|")
)
"""What ends just before a verb that the speaker wants done: counts with "I" or "we" before it."""
SPEAKERS = frozenset(b"i we im id ive i'd me".split())

BEFORE_ORDERS = (
    POLITE
    | {lead.split()[-1] for lead in (*LEADS, *WISHES)}
    | frozenset(b"and or then but do try start begin keep continue".split())
)
"""The last word before an ordered verb, where there is one."""

QUESTION = frozenset(
    b"how what why when where who whom whose which is are was were does do did has should shall may"
    b" might am whats hows wheres whos explain describe define discuss compare como que cuando"
    b" donde qu comment pourquoi quand wie warum wann was ist come perche quando hoe waarom jak"
    b" dlaczego kiedy nasil neden".split()
)
NARRATIVE = frozenset(
    b"the a an he she it they this that these those there his her their its my our your someone"
    b" some many most one people users each every no nobody".split()
)
NEGATION = frozenset(
    b"not never without don dont avoid cannot can't nor didn doesn isn won refuse".split()
)
CONDITIONS = frozenset(
    b"if when once after before since as because hey yo also unless until".split()
)
"""First words of a clause whose order comes after its comma: "if it fails, delete it"."""
MENTIONS = frozenset(
    b"translate summarize summarise rewrite rephrase paraphrase classify proofread"
    b" explain describe define compare discuss analyze analyse identify categorize"
    b" extract simplify correct complete convert question context passage text article"
    b" dialogue suppose imagine consider write compose draft implement design generate"
    b" story poem essay what why how who when where which given tell tldr answer"
    b" sentence example label determine choose read select according in true input"
    b" output task instruction instructions traduce traduis ubersetze resume"
    b" conversation email quote title once proofread review document interpret respond"
    b" fact statement premise".split()
)
"""First words of a request that works on words: what it quotes is material, not an order."""
MATERIAL = frozenset(
    b"article articles dialogue dialog passage text paragraph sentence sentences conversation above"
    b" following summary summarize sum headline tl dr tldr recap gist essentials paraphrase excerpt"
    b" story transcript translation below words".split()
)
"""Words that name material; in the first or the last line they make the rest material."""
SPEAKS = frozenset(
    b"said says say saying told tells wrote writes called titled named word phrase term means"
    b" reads read asks asked replied sentence string text quote message button prompt command"
    b" labeled labelled like".split()
)
ASKING = frozenset(b"can could would will you u i we want need like d to me us help".split())
"""Words that lead up to the first verb of a text."""
DOES = frozenset(b"run execute apply perform follow do carry launch invoke".split())
"""First verbs of a text whose material is to be carried out."""

SPECIFIES = frozenset(
    b"that which function script program code method class api endpoint endpoints app".split()
)
MAKES = frozenset(b"create build develop make add code program need".split())
NOUNS_MADE = SPECIFIES - {b"that", b"which"} | frozenset(b"bot tool form page button menu".split())
"""What a request to write or to make something is about; its verbs say what that shall do."""

VAGUE = frozenset(
    b"all any every these those this that thing things stuff rest others ones lot".split()
)
"""Objects that say nothing by themselves: the next words tell."""
QUALIFIERS = frozenset(
    b"test unused deprecated debug following code feature dead number background text html".split()
)
"""Words that are harmless alone but only qualify the object they stand before."""
IN_CODE = frozenset(
    b"pandas dataframe df numpy ndarray arraylist javascript jquery vba linq matplotlib"
    b" bst trie linkedlist hashmap hashset tuple subselect subquery"
    b" alphabetically ascending descending numerically chronologically".split()
)
"""What shows that rows, files and lists are values of a program or of a question."""
WHOLES = frozenset(
    b"function method class loop paragraph sentence essay text string array code script module"
    b" poem image picture photo expression equation regex dictionary dict".split()
)
"""Things whose parts are changed, not destroyed: "the else branch of the function"."""

LABELS = frozenset(
    b"todo task tasks step steps instruction instructions action actions request order command cmd"
    b" goal user human next job assignment objective my is the is your".split()
)
"""What stands before a colon that is followed by an order: "Task: ...", "Step 2: ..."."""
TOOLS = frozenset(
    b"aws gcloud az kubectl helm docker podman oc doctl heroku eksctl fly flyctl gh gsutil s3cmd"
    b" rclone redis-cli etcdctl consul vault nomad zfs find vercel npm terraform pulumi".split()
)
"""Programs whose own word for destroying is an order wherever it stands in the command."""

GERUND_LEADS = tuple(
    b" " + lead
    for lead in b"you mind|help with|help me with|start by|begin by|proceed with|proceed by"
    b"|help in|help me in|assist me in|assist me with|go ahead with|how about".split(b"|")
)
"""What ends just before "deleting" when it is asked for."""

GERUND_STARTS = frozenset(b"try start begin keep continue".split())
"""Verbs that order what follows them as "...ing"."""

PAST = frozenset(
    b"went had has was is wants bought got took gave came saw made did decides decided goes needs"
    b" likes sold paid sent left found told said put wanted".split()
)
"""Second words of a sentence that tells of somebody: "John went ...", "Anna wants ..."."""
