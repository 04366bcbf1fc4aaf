"""Change rules: each tells, for a transaction, the outputs that it cannot rule out as the change.

>>> from satrail import change
>>> rule = (change.optimal() & change.fresh()).unique()
>>> chain.change(rule).columns[:2]
['transaction', 'txid']
"""

from satrail._core import ChangeRule as ChangeRule
from satrail._core import card as card

address_reuse = ChangeRule.address_reuse
address_type = ChangeRule.address_type
fingerprint = ChangeRule.fingerprint
fixed_fee = ChangeRule.fixed_fee
fresh = ChangeRule.fresh
function = ChangeRule.function
locktime = ChangeRule.locktime
named = ChangeRule.named
none = ChangeRule.none
one_time_change = ChangeRule.one_time_change
optimal = ChangeRule.optimal
peeling = ChangeRule.peeling
power_of_ten = ChangeRule.power_of_ten
round_fiat = ChangeRule.round_fiat
spent = ChangeRule.spent
table = ChangeRule.table
