"""The rules on words, against tables: what each has to hear, and ordinary talk that only sounds like it."""

import pytest

from call_flow import rules

OPT_OUTS = """
stop
Stop.
Stop, please.
Stop stop stop.
Please stop.
Just stop it.
No, stop.
Stop this now!
Okay, stop the calls.
Make these calls stop.
Leave me alone.
Just leave me alone, please.
Will you people leave us alone?
You people won't leave me alone.
Go away.
Unsubscribe.
Unsubscribe me from all of this.
Opt out.
I want to opt out.
Opt me out of this.
I revoke my consent to be called.
I'm withdrawing my permission.
Stop calling.
Stop calling me.
Stop calling me right now.
Stop calling me every day.
Please stop calling this number.
Stop calling or I'm reporting you to the FCC.
Stop calling, I'm at work.
Can you stop calling here?
Why don't you just stop calling me?
I told you people to quit calling here.
You guys won't stop calling me.
Y'all need to stop calling me.
Quit bugging me.
Stop bothering me with these calls.
Stop harassing my family and me, stop harassing us.
Quit blowing up my phone.
Stop texting me.
Don't call me.
Don't call me again.
Don’t call me any more.
Don't you ever call me again, you hear?
Do not call back.
Please don't call.
Please do not call this number anymore.
Don't call me at this number.
Don't call me on this phone ever again.
Don't bother calling back.
Don't keep calling me.
Don't contact me.
Don't bother me again.
Never call this number again.
Never contact me.
I don't want you to call me.
I don't want you people calling here.
I don't want any more calls from you.
I do not want these calls.
I don't want to be contacted again.
I don't want to hear from you again.
No more calls, please.
Cease all contact.
You're not allowed to call me.
You shouldn't be calling this number.
You can't call me anymore.
I asked you last time not to call.
I've told you three times not to contact me.
If you call me again I'm calling my lawyer.
You've called four times this week, it needs to stop.
Take me off.
Take me off, please.
Take me off your list.
Please take my name off whatever list you have.
Take my number out of your system.
I want off this list.
I'd like to be removed from your call list.
Get my number off your database.
Get me off this list.
Remove me from your list.
Remove me.
Can you please remove me from whatever list this is?
Remove my number.
Delete my number from your system.
Erase my information.
Scratch my name off the list.
Lose my number.
Forget my number.
Put me on the do not call list.
Add me to your do-not-call list.
I'm on the national do not call registry.
No me llame más.
No me llamen más, por favor.
No me vuelva a llamar.
No me vuelvan a llamar nunca.
Deje de llamarme.
Dejen de llamar.
No vuelvan a llamar a este número.
Quíteme de su lista.
No quiero más llamadas.
No quiero que me llamen.
Déjeme en paz.
Will you please not call me again?
I'd appreciate it if you didn't call again.
I do not consent to these calls.
Don't you people ever call here again.
Leave me the hell alone.
Stop with the calls.
How do I get off this list?
Mark me as do not call, lose my number.
""".strip().splitlines()

NOT_OPT_OUTS = """
Don't bother explaining, I get it.
Don't bother.
I never call people back.
I never call back when it's an unknown number.
I quit calling in sick years ago.
I had to stop calling on clients when I got hurt.
Don't call it a scam, it's just not for me.
I wouldn't call me an expert.
Don't call me an expert, but I've sold a few things.
Don't call me sir.
Please don't call me ma'am, I'm only thirty.
Don't stop calling me.
Don't stop.
Please don't stop calling, I do want this.
Never stop calling me, it's fine.
You don't have to stop calling.
You can call me again.
Yes, call me again tomorrow.
Don't hesitate to call me.
Don't forget to call me back.
Why don't you call me later?
Why don't you call me again on Friday?
Don't call me after nine.
Don't call me at work.
Don't call me right now, call me tonight.
Don't call me on weekends.
Don't call me so early.
Don't call me before noon.
Don't call me this week.
Please don't call tomorrow, I'm away.
Stop calling me at work, try my evenings.
Stop calling me so late.
My boss said never call me before nine.
My mother told my brother to stop calling me.
My ex won't stop calling me.
Other companies never stop calling me.
They don't call me anymore.
They never call me back.
You never call me back.
My kids never call me.
My boss told me not to call customers at home.
I told my ex to stop calling me and he did.
I told my landlord don't call me again.
I asked my brother not to call me at night.
I don't want to bother you.
I don't want to make calls all day.
I don't want to be called a quitter.
I don't want you to call me too early.
I don't want to stop.
I don't want to stop you, go on.
I can't stop thinking about money.
The bills need to stop.
The commuting has to stop, I call it torture.
It never stops at my house.
Stop for a second, what was that?
Wait, stop right there and go back.
Hold on, stop, what did you say it costs?
The bus stop is right outside.
I'd stop working tomorrow if I could.
My son won't leave me alone when I work.
I told him to leave me alone.
I want a job where they leave me alone.
Don't leave me alone with the paperwork.
I never leave my kids alone.
Take me off speaker? No, you're fine.
Can you take me off hold?
My boss wants to take me off the night shift.
I want to get off the road.
They took me off the schedule.
Get me off this treadmill.
I'd like to get my weekends off.
Take the evening off.
Did you lose my number?
Don't lose my number.
I lost my number when I moved.
Please don't remove me from your list.
I don't want to be removed from the list.
I had to remove my tooth last week.
I'm not on the do not call list.
Don't put me on the do not call list.
You're allowed to call me.
If you call me again tomorrow I'll have more time.
I would never call this a bad job.
We never call anybody after dinner.
I don't call people, people call me.
I left because I was sick of cold calls.
How many calls would I make?
No more commuting for me.
I do opt in for these.
Do I have to go away for training?
I'd go away for the summer.
My last manager never contacted us.
No, I don't mind you calling me.
No me llame ahora, llámeme mañana.
No me llamo Juan, me llamo José.
Me puede llamar más tarde.
Don't call me if I don't pick up by noon.
Remove me from the rat race and I'm happy.
It doesn't bother me.
I quit.
I'm on your email list.
I don't want any cold calling in this.
Stop me if I'm wrong.
""".strip().splitlines()

WRONG_NUMBERS = """
Wrong number.
Sorry, wrong number.
No, wrong person.
You have the wrong number.
You've got the wrong number.
I think you have the wrong person.
You must have dialed the wrong number.
You dialed the wrong number, buddy.
You're calling the wrong person.
You got the wrong guy.
You reached the wrong house.
Looks like you've got the wrong lady.
This is the wrong number.
I'm afraid it's the wrong number.
There's no one here by that name.
There's nobody by that name here.
Nobody by that name lives here.
No one with that name here.
There is no one of that name at this number.
He doesn't live here anymore.
She doesn't live here.
That person does not live here.
You have the wrong phone number.
You've reached the wrong family.
""".strip().splitlines()

RIGHT_NUMBERS = """
I was the wrong person for it.
They hired the wrong guy for that job.
I'm probably the wrong person for sales.
I gave you the wrong number, I meant twenty hours.
I wrote down the wrong number on the form.
That's the wrong number of hours.
It's not the wrong number.
You don't have the wrong number.
No, you haven't got the wrong person.
Is this the wrong time?
You've got the wrong idea.
You have the wrong impression of me.
I always trust the wrong person.
I called the wrong number yesterday.
I married the wrong guy.
My son doesn't live here anymore.
My husband does not live here, we split up.
I don't live here, I'm only visiting.
What could go wrong?
There's nothing wrong with the number.
You've reached me at the wrong moment.
No one by my side helps me.
""".strip().splitlines()

ROBOT_QUESTIONS = """
Are you a robot?
Are you real?
Are you a real person?
Are you human?
Are you even a person?
Are you an AI?
Are you like a bot?
Are you a recording?
Are you a live person?
Are you a machine or what?
Are you actually a human being?
R u a bot
Is this a robot?
Is this a real person?
Is this AI?
Is this automated?
Is this a computer calling?
Is this an automated call?
Is this one of those AI calls?
Am I talking to a machine?
Am I speaking with a real human?
Am I talking to a person right now?
You sound like a robot.
Sounds like a recording.
You're a robot, aren't you?
You're not real, are you?
This is a bot, isn't it?
Is there a human there?
Is that a computer voice?
Wait, are you artificial intelligence?
""".strip().splitlines()

NOT_ROBOT_QUESTIONS = """
Are you a real estate company?
Are you in real estate?
Are you real busy?
Are you recording this?
Are you an AI company?
Is this a computer job?
Is this a real person's business or a franchise?
Is it automated income?
Is it a machine that I have to buy?
Is this call recorded?
Is this recorded?
Are you a person I can trust with money?
Is it a real job?
Is this real money?
I worked with robots.
I run a machine shop.
It sounds like a machine could do my job.
It sounds like a computer course.
I am a real person with real bills.
I'm human, I make mistakes.
I need a computer for it?
Can I talk to a person?
I don't trust AI.
Am I real tired, yes.
Are you a machine operator too?
""".strip().splitlines()

BACKCHANNELS = """
uh huh
Mm-hmm.
Mhm.
Mmm.
Okay.
Ok.
Alright.
All right.
Right.
Right, right.
I see.
Oh, I see.
Got it.
Gotcha.
Go on.
Yeah.
Yeah yeah.
Yep.
Yes.
Sure.
Hmm.
Oh okay.
Ah.
Aha.
Okay, got it.
Right, I see, okay.
""".strip().splitlines()

NOT_BACKCHANNELS = """

...
No.
Stop.
Wait.
Hello?
Who is this?
Yeah but
Okay stop.
I got
I see it
Go away.
It
I
On
I go
Got a question.
Is it right?
Right on time, go.
Yes I do.
Okay, what is it?
Sure, how much?
uh huh yeah okay right sure yep
Go on it
See you.
""".strip("\n").splitlines()

YES = """
yes
Yeah.
Yep, that's me.
Um, sure.
Well, okay.
Alright then.
Absolutely.
Definitely.
Of course.
Go ahead.
Why not?
Yes, why not.
Sure, no problem.
Yeah, no worries.
I guess so.
That works.
That's fine.
I'd love to.
Yes, I'm not busy.
Sounds good.
""".strip().splitlines()

NO = """
no
Nope.
Nah.
Um, no.
Not really.
Not at all.
Not now.
Never.
No thanks.
No way.
Absolutely not.
Definitely not.
Of course not.
Certainly not.
Yeah, no.
Okay, no.
Yeah, not really.
No, I don't.
No, but my sister might.
Oh no.
""".strip().splitlines()

NEITHER = """
Yes, but not today.
Sure, but how much?
Okay, but who is this?
No idea.
No one is here.
Nobody.
Never mind.
No matter.
No offense.
No problem.
No, go ahead.
Okay, hold on.
Yeah, hang on a second.
Sure, one moment.
Yeah, I don't think so.
Okay, so what is it?
Okay, who is this?
Maybe.
I want to know more.
Nothing.
Note that I work.
Yesterday.
It depends.
""".strip().splitlines()


@pytest.mark.parametrize("text", OPT_OUTS)
def test_a_wish_not_to_be_called_is_heard(text: str) -> None:
    assert rules.asks_not_to_be_called(text)


@pytest.mark.parametrize("text", NOT_OPT_OUTS)
def test_ordinary_talk_is_no_wish_not_to_be_called(text: str) -> None:
    assert not rules.asks_not_to_be_called(text)


@pytest.mark.parametrize("text", [*OPT_OUTS, "Hello?", "I am not interested.", "I need a new job."])
def test_neither_the_wish_nor_what_has_nothing_to_do_with_it_only_sounds_like_it(text: str) -> None:
    assert not rules.only_sounds_like_opting_out(text)


@pytest.mark.parametrize("text", WRONG_NUMBERS)
def test_a_wrong_number_is_heard(text: str) -> None:
    assert rules.says_wrong_number(text)


@pytest.mark.parametrize("text", [*RIGHT_NUMBERS, *OPT_OUTS])
def test_ordinary_talk_is_no_wrong_number(text: str) -> None:
    assert not rules.says_wrong_number(text)


@pytest.mark.parametrize("text", ROBOT_QUESTIONS)
def test_a_question_for_a_robot_is_heard(text: str) -> None:
    assert rules.asks_whether_robot(text)


@pytest.mark.parametrize("text", [*NOT_ROBOT_QUESTIONS, *RIGHT_NUMBERS])
def test_ordinary_talk_is_no_question_for_a_robot(text: str) -> None:
    assert not rules.asks_whether_robot(text)


@pytest.mark.parametrize("text", BACKCHANNELS)
def test_a_listeners_word_is_known(text: str) -> None:
    assert rules.is_backchannel(text)


@pytest.mark.parametrize("text", NOT_BACKCHANNELS)
def test_words_of_substance_are_no_listeners_word(text: str) -> None:
    assert not rules.is_backchannel(text)


@pytest.mark.parametrize(
    ("text", "answer"),
    [(text, True) for text in YES] + [(text, False) for text in NO] + [(text, None) for text in NEITHER],
)
def test_a_plain_answer(text: str, answer: bool | None) -> None:
    assert rules.plain_answer(text) is answer
