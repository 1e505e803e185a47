"""Questions to a terminal and whether an answer belongs to one.

Sans-IO: bytes out, bytes in. A newcomer would take whatever comes back on the connection
for the answer; a terminal, or somebody between, may send the answer to another question,
so all three names of the header must be ours.
"""

from __future__ import annotations

from hardware.ports import CardAnswer, CardOutcome
from hardware.terminals.answers import read_card_answer, said
from hardware.terminals.nexo import Header, Message, Sale, Unreadable
from hardware.terminals.skin import Skin

ABOUT = ("Payment", "Reversal")


class Dialogue:
    """Speaks with the terminal `sale.poi_id` as the till `sale.sale_id`."""

    def __init__(self, skin: Skin, sale: Sale, currency: str = "SEK") -> None:
        self.skin = skin
        self.sale = sale
        self._currency = currency
        self._asked: dict[str, tuple[int, str]] = {}

    def remember(self, service_id: str, amount_minor: int, currency: str) -> None:
        """What was asked, so that the answer's amount can be compared."""
        self._asked[service_id] = (amount_minor, currency)

    def ask(self, message: Message) -> bytes:
        """Bytes to send."""
        return self.skin.encode(message)

    def hear(self, question: Message, data: bytes) -> Message:
        """The answer to `question`. Raises Unreadable and SealBroken, nothing else."""
        answer = self.skin.decode(data)
        if answer.kind != "Response" or answer.header != question.header:
            raise Unreadable("it is the answer to another question")
        return answer

    def card_answer(self, answer: Message) -> CardAnswer:
        """A Payment or Reversal response. Raises Unreadable."""
        asked, currency = self._asked.get(answer.header.service_id, (None, self._currency))
        return read_card_answer(answer, asked, currency)

    def status_answer(self, about: str, answer: Message) -> CardAnswer:
        """A TransactionStatus response about `about`. Raises Unreadable."""
        condition, repeated = said(answer.body), answer.repeated
        match condition:
            case "NotFound":
                return CardAnswer(about, CardOutcome.NOT_FOUND)
            case "InProgress" | "Busy":
                # A PAX says Busy of the very payment that is asked about.
                return CardAnswer(about, CardOutcome.IN_PROGRESS)
            case "Success" | "Partial" if repeated is not None:
                if not self._is_about(about, repeated.header):
                    raise Unreadable("it repeats the answer to another question")
                return self.card_answer(repeated)
        raise Unreadable(f"the terminal says {condition}")

    def _is_about(self, about: str, header: Header) -> bool:
        ours = (about, self.sale.sale_id, self.sale.poi_id)
        return header.category in ABOUT and ours == (
            header.service_id,
            header.sale_id,
            header.poi_id,
        )
