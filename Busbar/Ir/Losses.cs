using System.Numerics;

namespace Busbar.Ir;

/// <summary>What one translation dropped or degraded. Collecting costs a bit per field; the gateway counts and logs it afterwards.</summary>
internal struct Losses
{
    private ulong _low;
    private ulong _high;

    /// <summary>True when nothing was lost.</summary>
    public readonly bool IsEmpty => (_low | _high) == 0;

    /// <summary>Notes that <paramref name="field"/> was dropped or degraded.</summary>
    public void Add(LossField field)
    {
        if ((int)field < 64)
        {
            _low |= 1UL << (int)field;
        }
        else
        {
            _high |= 1UL << ((int)field - 64);
        }
    }

    /// <summary>Whether <paramref name="field"/> was noted.</summary>
    public readonly bool Contains(LossField field) => ((int)field < 64 ? _low >> (int)field : _high >> ((int)field - 64)) % 2 == 1;

    /// <summary>Takes over everything <paramref name="other"/> noted.</summary>
    public void Add(in Losses other)
    {
        _low |= other._low;
        _high |= other._high;
    }

    /// <summary>Steps through the noted fields, removing each; false when none is left.</summary>
    public bool TryTake(out LossField field)
    {
        if (_low != 0)
        {
            int bit = BitOperations.TrailingZeroCount(_low);
            _low &= _low - 1;
            field = (LossField)bit;
            return true;
        }

        if (_high != 0)
        {
            int bit = BitOperations.TrailingZeroCount(_high);
            _high &= _high - 1;
            field = (LossField)(bit + 64);
            return true;
        }

        field = default;
        return false;
    }
}
