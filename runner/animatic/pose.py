"""What the person does at one moment, in numbers: the pose between the words of a prompt and the pixels of a frame."""

from __future__ import annotations

from ..values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """Everything that can move; all zero is the portrait as it is.

    Eyes are the person's own left and right; everything else is as the viewer sees it (right and down are positive).
    """

    close_left: float = 0.0  # 0 as in the portrait, 1 shut
    close_right: float = 0.0
    wink_left: float = 0.0  # how much of the closing is a wink: the cheek helps
    wink_right: float = 0.0
    gaze_x: float = 0.0  # -1 to 1
    gaze_y: float = 0.0
    smile: float = 0.0  # 0 to about 1.3
    sober: float = 0.0  # how much of a smile that the portrait has is gone, 0 to 1
    opening: float = 0.0  # mouth widths that the lips are apart, more than in the portrait
    raised: float = 0.0  # brows, 0 to 1
    drawn: float = 0.0  # brows drawn together and down, 0 to 1
    worried: float = 0.0  # inner ends of the brows up, corners of the mouth down, 0 to 1
    yaw: float = 0.0  # radians; positive turns the face to the viewer's right
    pitch: float = 0.0  # radians; positive looks down
    roll: float = 0.0  # radians; positive leans the head to the viewer's right
    shift_x: float = 0.0  # of the whole body, in frame heights
    shift_y: float = 0.0
    lean: float = 0.0  # of the whole body, radians, positive to the viewer's right
    grow: float = 0.0  # of the whole body, a share of its size: breath
    blurred: bool = False  # moves so fast that a camera would blur it


REST = Pose()
