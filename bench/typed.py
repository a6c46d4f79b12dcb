"""`python -m bench.typed ARGUMENTS`: `enlace ARGUMENTS`, which tells at the end, on standard error, what it cost."""

import resource
import sys
from typing import Any

import msgspec

from desk.link.client import RelayClient
from desk.main import main

if __name__ == "__main__":
    asked, received = 0, 0
    real = RelayClient._once

    async def counted(self: RelayClient, *arguments: Any) -> Any:
        """The request, counted with the bytes of its answer."""
        global asked, received
        answer = await real(self, *arguments)
        asked, received = asked + 1, received + len(answer[1])
        return answer

    RelayClient._once = counted  # type: ignore[method-assign, assignment]  # no one else measures
    code = main(sys.argv[1:])
    sys.stdout.flush()
    used = resource.getrusage(resource.RUSAGE_SELF)
    cost = {
        "processor": used.ru_utime + used.ru_stime,
        "memory": used.ru_maxrss / 1024,
        "requests": asked,
        "received": received,
    }
    print(f"\n{msgspec.json.encode(cost).decode()}", file=sys.stderr)
    sys.exit(code)
