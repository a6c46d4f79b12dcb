"""Numbers for whoever watches the relay, as Prometheus text: counts and times by route template, never by whom."""

from collections import Counter as Counts
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from relay.cosigning import Cosigning
from relay.directory_log import DirectoryLog
from relay.disk import Disk
from relay.door import Gate
from relay.mail.mail import Mail
from relay.served_certificate import ServedCertificate
from relay.views import Clock

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
_BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60)


class Metrics:
    """A registry of its own, so that several relays in one process do not mix."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "enlace_requests", "Requests answered.", ("method", "route", "status"), registry=registry
        )
        self._seconds = Histogram(
            "enlace_request_seconds", "Time to answer.", ("route",), registry=registry, buckets=_BUCKETS
        )
        self._refusals = Counter("enlace_refusals", "Requests refused, by problem code.", ("code",), registry=registry)

    def answered(self, method: str, route: str, status: int, problem: str, seconds: float) -> None:
        """Count one answer."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)
        if problem:
            self._refusals.labels(problem).inc()

    def watch(
        self, directory: DirectoryLog, mail: Mail, disk: Disk, gate: Gate, clock: Clock, dropped: Counts[str]
    ) -> None:
        """Have the state of the relay read whenever somebody asks."""

        def checkpoint_age() -> float:
            return max(clock() - directory.checkpoint.time, 0) if directory.checkpoint else 0

        self._gauge("enlace_tree_size", "Statements in the directory's log.", lambda: directory.view.size)
        self._gauge("enlace_checkpoint_age_seconds", "Age of the newest checkpoint.", checkpoint_age)
        self._gauge("enlace_log_broken", "1 if the stored log cannot be gone on with.", lambda: bool(directory.broken))
        self._gauge("enlace_streams", "Devices that listen.", lambda: mail.figures.streams)
        self._gauge("enlace_pending_bytes", "Mail being read or waiting to commit.", lambda: mail.figures.pending_bytes)
        self._gauge("enlace_connections", "Connections there are.", lambda: len(gate))
        self._gauge("enlace_connections_most", "Connections there may be.", lambda: gate.most)
        self._gauge("enlace_connections_refused", "Connections closed as they came.", lambda: gate.refused)
        self._gauge("enlace_disk_free_bytes", "Free bytes under the data folder.", lambda: disk.free)
        self._gauge("enlace_disk_low", "1 if new mail is refused because the disk is nearly full.", lambda: disk.low)
        self._gauge("enlace_log_fields_dropped", "Fields kept out of log lines.", lambda: dropped.total())

    def watch_certificate(self, served: ServedCertificate) -> None:
        """Have the certificate's end read whenever somebody asks."""
        self._gauge("enlace_certificate_end_seconds", "When the certificate ends, unix seconds.", lambda: served.ends)
        words = "1 if the certificate in the files cannot be taken, and the one before goes on."
        self._gauge("enlace_certificate_refused", words, lambda: served.refused)

    def watch_witnesses(self, cosigning: Cosigning) -> None:
        """Have what the witnesses did read whenever somebody asks."""
        newest = "Witnesses that have cosigned the newest checkpoint's tree."
        self._gauge("enlace_witnesses", "Witnesses registered.", lambda: len(cosigning.witnesses))
        self._gauge("enlace_witnesses_current", newest, lambda: len(cosigning.counted()))
        self._gauge("enlace_witness_failures", "Cosignatures asked for and not got.", lambda: cosigning.failures)

    def text(self) -> bytes:
        """Everything, as of now."""
        return generate_latest(self._registry)

    def _gauge(self, name: str, words: str, read: Callable[[], float]) -> None:
        Gauge(name, words, registry=self._registry).set_function(read)
