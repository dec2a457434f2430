"""Made-up nicknames and greetings: always the same for the same member, in Korean and English. Pure."""

from hashlib import blake2s


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


HOW = _words(
    "느긋한 부지런한 새벽의 졸린 반짝이는 수줍은 씩씩한 엉뚱한 배고픈 따뜻한 조용한 날쌘 푸른 구름낀"
    " 달콤한 매콤한 산책하는 노래하는 춤추는 꿈꾸는 기다리는 웃는 심심한 동네 골목길 옥상의 바닷가"
    " 겨울밤 소문난 막내"
)
WHO = _words(
    "고양이 너구리 수달 두더지 다람쥐 고슴도치 부엉이 참새 제비 펭귄 돌고래 거북이 여우 토끼 곰돌이 감자"
    " 호빵 붕어빵 떡볶이 만두 식빵 도토리 민들레 은행잎 소나무 우체통 자전거 라디오 만년필 우산 별똥별"
    " 반달 도시락 귤상자 이불 보리차"
)
HOW_ENGLISH = _words(
    "Quiet Sunny Rusty Mellow Midnight Velvet Lucky Paper Wandering Salty Gentle Copper Brave Sleepy"
    " Northern Misty Clever Humble Electric Distant Barefoot Borrowed Weekend Polite Crooked Golden"
)
WHO_ENGLISH = _words(
    "Otter Lantern Sparrow Teapot Comet Badger Harbor Pretzel Cactus Walrus Violin Pebble Fern Kettle"
    " Magpie Anchor Biscuit Maple Lighthouse Tortoise Waffle Compass Heron Marble Button Thistle"
)
FIRST = _words("김 이 박 최 정 강 조 윤 장 임 한 오 서 신 권 황 안 송 류 홍")
GIVEN = _words("민지 서준 하은 도윤 지우 예린 시우 유나 현우 수아 건우 채원 은호 다인 태오 소율 지호 가온 나래 라온")

RARE = {
    7: "🌙 달빛 아래에서 고양이를 기다리는 사람 🌙",
    13: "مريم من الحي القديم",
    21: "שירה מהשכונה",
    34: "The Neighbour Who Waters Everybody's Plants While They Are on Holiday",
    55: "👩‍👩‍👧‍👦 우리집",
    89: "ㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋ",
    144: "Ångström & Ørsted <em>“quoted”</em>",
    233: "Zoë O'Néill-Þórsdóttir",
    312: "한 글자도 줄이지 않고 끝까지 다 적어야 직성이 풀리는 우리 동네 통장님",
    377: "أبو القهوة ☕",
}
"""What real forums have too: very long ones, from right to left, with emoji, with signs that HTML must escape."""

GREETINGS = (
    "좋은 아침이에요!",
    "출석합니다 🙋",
    "오늘도 힘내요",
    "Good morning, everyone!",
    "비 오네요, 우산 챙기세요 ☔",
    "출첵",
    "안녕하세요 :)",
    "첫 출석이에요, 잘 부탁드려요",
    "Checking in from the night shift",
    "커피 한 잔 하고 시작해요 ☕",
    "개근 도전 중!",
    "점심 뭐 드셨어요?",
    "Happy Friday, whatever day it is",
    "눈이 왔어요!!",
    "오늘은 1등 하고 싶었는데…",
    "see you at the meetup",
    "오늘 저녁은 뭘 먹을까요",
    "주말까지 조금만 더!",
    "고양이 밥 주고 출석합니다 🐈",
    "Back after a long weekend",
    "지하철에서 출석",
    "책 한 권 다 읽었어요 📚",
    "Snow on the hills this morning ❄️",
    "어제 답글 고마웠어요",
    "새벽 달리기 5km 완료",
    "Tea first, then everything else",
    "다들 감기 조심하세요",
    "오늘도 한 줄 남기고 갑니다",
)


def name_of(member_id: str) -> str:
    """The member's nickname."""
    number = int(member_id.rpartition("-")[2])
    if number in RARE:
        return RARE[number]
    kind, *dice = _dice(f"name {member_id}")
    if kind % 10 < 5:
        return f"{HOW[dice[0] % len(HOW)]} {WHO[dice[1] % len(WHO)]}{_tail(number, every=3)}"
    if kind % 10 < 7:
        return f"{FIRST[dice[0] % len(FIRST)]}{GIVEN[dice[1] % len(GIVEN)]}{_tail(number, every=2)}"
    return f"{HOW_ENGLISH[dice[0] % len(HOW_ENGLISH)]}{WHO_ENGLISH[dice[1] % len(WHO_ENGLISH)]}{_tail(number, every=2)}"


def greeting_of(member_id: str, day: str) -> str | None:
    """What the member says on checking in on that day, if anything: most just check in."""
    kind, choice, *_ = _dice(f"greeting {member_id} {day}")
    return GREETINGS[choice % len(GREETINGS)] if kind % 10 < 3 else None


def _tail(number: int, *, every: int) -> str:
    """Some have a number behind their name, as on every forum where the short one was taken."""
    return "" if number % every == 0 else str(number % 100)


def _dice(word: str) -> bytes:
    return blake2s(word.encode(), digest_size=8).digest()
