"""labgrader: grades what students built in AWS. Record what AWS says, then judge the record."""

__version__ = "0.1.0"
