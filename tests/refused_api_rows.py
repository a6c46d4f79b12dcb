"""All bad requests, in the order of the page."""

import refused_api
import refused_api_access
import refused_api_directory
import refused_api_mail
import refused_api_transfer

ROWS = (
    *refused_api.ROWS,
    *refused_api_access.ROWS,
    *refused_api_directory.ROWS,
    *refused_api_mail.ROWS,
    *refused_api_transfer.ROWS,
)
