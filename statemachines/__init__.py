"""The workflows. Importing them imports the SDK, which is old: what it warns of is known and held by pins."""

import warnings

warnings.filterwarnings("ignore", message="pkg_resources is deprecated as an API", category=UserWarning)
warnings.filterwarnings("ignore", message='"is" with', category=SyntaxWarning)
