using Busbar.Governance.Keys;
using Microsoft.Extensions.Time.Testing;

namespace Busbar.Tests.Governance.Keys;

/// <summary>Who guesses is slowed down, and nobody else.</summary>
public sealed class GuessBrakeTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Refusals_are_held_longer_and_longer_and_of_one_address_alone()
    {
        var brake = new GuessBrake(_time);
        for (int guess = 0; guess < GuessBrake.Free; guess++)
        {
            Assert.Equal(TimeSpan.Zero, brake.Failed("192.0.2.1"));
        }

        TimeSpan first = brake.Failed("192.0.2.1"), second = brake.Failed("192.0.2.1");
        Assert.True(TimeSpan.Zero < first && first < second, $"{first} {second}");
        for (int guess = 0; guess < 100; guess++)
        {
            Assert.InRange(brake.Failed("::ffff:192.0.2.1"), first, GuessBrake.Longest);
        }

        Assert.Equal(TimeSpan.Zero, brake.Failed("192.0.2.2"));
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(TimeSpan.Zero, brake.Failed("192.0.2.1"));
    }

    [Fact]
    public void The_addresses_of_one_IPv6_network_are_one()
    {
        var brake = new GuessBrake(_time);
        for (int guess = 0; guess < GuessBrake.Free; guess++)
        {
            brake.Failed($"2001:db8::{guess:x}");
        }

        Assert.NotEqual(TimeSpan.Zero, brake.Failed("2001:db8::ffff"));
        Assert.Equal(TimeSpan.Zero, brake.Failed("2001:db8:0:1::1"));
    }

    [Fact]
    public void Memory_is_bounded()
    {
        var brake = new GuessBrake(_time);
        for (int address = 0; address < GuessBrake.Capacity + 100; address++)
        {
            brake.Failed($"10.{address >> 16}.{(address >> 8) & 255}.{address & 255}");
        }

        Assert.Equal(GuessBrake.Capacity, brake.Count);
    }

    [Fact]
    public async Task A_held_refusal_waits_for_its_time_and_no_longer_than_its_client()
    {
        var brake = new GuessBrake(_time);
        for (int guess = 0; guess < GuessBrake.Free; guess++)
        {
            await brake.HoldAsync("192.0.2.1", CancellationToken.None);
        }

        Task held = brake.HoldAsync("192.0.2.1", CancellationToken.None).AsTask();
        Assert.False(held.IsCompleted);
        _time.Advance(GuessBrake.Longest);
        await held;

        using var gone = new CancellationTokenSource();
        Task left = brake.HoldAsync("192.0.2.1", gone.Token).AsTask();
        await gone.CancelAsync();
        await left;
    }
}
